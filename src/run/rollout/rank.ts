import { onHostNow } from "../../base/concurrency.ts";
import type { Stage } from "../../model/plan.ts";
import { fail } from "../failed-host.ts";
import type { RoleTopology } from "../observe/desired.ts";
import type { OpenHost } from "../observe/host.ts";
import type { Run } from "../state.ts";

/** Hosts that come at the same rank. */
interface Ranked {
  readonly names: readonly string[];
  /** All are changed at once, also those that serve: none can be healthy without the changes of the others. */
  readonly together: boolean;
}

const togetherRank = -1;

/** Hosts whose roles want to come first, in the first list; and so on. One whose roles cannot say has failed. */
export function byRank(run: Run, stage: Stage, hosts: readonly OpenHost[]): readonly Ranked[] {
  const ranked = hosts.flatMap((host) =>
    onHostNow(
      host.name,
      () => [{ name: host.name, rank: rankOf(run.input.wanted, stage, host) }],
      (failure) => {
        fail(run, host.name, failure);
        return [];
      },
    ),
  );
  return [...new Set(ranked.map(({ rank }) => rank))]
    .sort((a, b) => a - b)
    .map((rank) => ({
      names: ranked.filter((one) => one.rank === rank).map(({ name }) => name),
      together: rank === togetherRank,
    }));
}

function rankOf({ topology, roles }: RoleTopology, stage: Stage, { name, peers }: OpenHost): number {
  const place = topology.hosts.find(({ host }) => host.name === name);
  const own = (place?.members ?? []).filter(({ role }) => stage.roles.includes(role));
  const wanted = own.map(({ host, role, vars }) => {
    const members = peers.get(role) ?? [];
    return roles.get(role)?.rank?.({ host, vars, address: place?.address ?? name, peers: members }) ?? 0;
  });
  if (wanted.includes("together")) return togetherRank;
  return Math.max(0, ...wanted.map(Number));
}
