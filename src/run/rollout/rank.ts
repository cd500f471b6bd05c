import { onHostNow } from "../../base/concurrency.ts";
import type { Stage } from "../../model/plan.ts";
import { fail } from "../failed-host.ts";
import type { RoleTopology } from "../observe/desired.ts";
import type { OpenHost } from "../observe/host.ts";
import type { Run } from "../state.ts";

/** Hosts that come at the same rank. */
interface Ranked {
  readonly names: readonly string[];
  /** Roles whose members are all changed at once, also those that serve: none can be healthy without the others' changes. */
  readonly together: readonly string[];
}

/** Hosts whose roles want to come first, in the first list; and so on. One whose roles cannot say has failed. */
export function byRank(run: Run, stage: Stage, hosts: readonly OpenHost[]): readonly Ranked[] {
  const ranked = hosts.flatMap((host) =>
    onHostNow(
      host.name,
      () => [{ name: host.name, ...rankOf(run.input.wanted, stage, host) }],
      (failure) => {
        fail(run, host.name, failure);
        return [];
      },
    ),
  );
  return [...new Set(ranked.map(({ rank }) => rank))]
    .sort((a, b) => a - b)
    .map((rank) => {
      const equals = ranked.filter((one) => one.rank === rank);
      return {
        names: equals.map(({ name }) => name),
        together: [...new Set(equals.flatMap((one) => one.together))],
      };
    });
}

function rankOf(
  { topology, roles }: RoleTopology,
  stage: Stage,
  { name, peers }: OpenHost,
): { readonly rank: number; readonly together: readonly string[] } {
  const place = topology.hosts.find(({ host }) => host.name === name);
  const own = (place?.members ?? []).filter(({ role }) => stage.roles.includes(role));
  const wanted = own.map(({ host, role, vars }) => {
    const members = peers.get(role) ?? [];
    const context = { host, vars, address: place?.address ?? name, peers: members };
    return { role, rank: roles.get(role)?.rank?.(context) ?? 0 };
  });
  const together = wanted.filter(({ rank }) => rank === "together").map(({ role }) => role);
  return {
    rank: together.length > 0 ? -1 : Math.max(0, ...wanted.map(({ rank }) => Number(rank))),
    together,
  };
}
