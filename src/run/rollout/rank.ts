import { onHostNow } from "../../base/concurrency.ts";
import type { Stage } from "../../model/plan.ts";
import type { OpenHost } from "../observe/host.ts";
import { fail, type Run } from "../state.ts";

/** Hosts whose roles want to come first, in the first list; and so on. One whose roles cannot say has failed. */
export function byRank(state: Run, stage: Stage, hosts: readonly OpenHost[]): readonly (readonly string[])[] {
  const ranked = hosts.flatMap((host) =>
    onHostNow(
      host.name,
      () => [{ name: host.name, rank: rankOf(state, stage, host) }],
      (failure) => {
        fail(state, host.name, failure);
        return [];
      },
    ),
  );
  return [...new Set(ranked.map(({ rank }) => rank))]
    .sort((a, b) => a - b)
    .map((rank) => ranked.filter((one) => one.rank === rank).map(({ name }) => name));
}

function rankOf({ input: { topology, roles } }: Run, stage: Stage, { name, peers }: OpenHost): number {
  const place = topology.hosts.find(({ host }) => host.name === name);
  const own = (place?.members ?? []).filter(({ role }) => stage.roles.includes(role));
  const wanted = own.map(({ host, role, vars }) => {
    const members = peers.get(role) ?? [];
    return roles.get(role)?.rank?.({ host, vars, address: place?.address ?? name, peers: members }) ?? 0;
  });
  return Math.max(0, ...wanted);
}
