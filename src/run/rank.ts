import type { Stage } from "../model/plan.ts";
import type { OpenHost } from "./host.ts";
import type { Run } from "./state.ts";

/** Hosts whose roles want to come first, in the first list; and so on. */
export function byRank(
  { input }: Pick<Run, "input">,
  stage: Stage,
  hosts: readonly OpenHost[],
): readonly (readonly string[])[] {
  const { topology, roles } = input;
  const ranks = hosts.map(({ name, peers }) => {
    const place = topology.hosts.find(({ host }) => host.name === name);
    const own = (place?.members ?? []).filter(({ role }) => stage.roles.includes(role));
    const wanted = own.map(({ host, role, vars }) => {
      const members = peers.get(role) ?? [];
      return roles.get(role)?.rank?.({ host, vars, address: place?.address ?? name, peers: members }) ?? 0;
    });
    return Math.max(0, ...wanted);
  });
  return [...new Set(ranks)]
    .sort((a, b) => a - b)
    .map((rank) => hosts.filter((_, index) => ranks[index] === rank).map(({ name }) => name));
}
