import type { Fault } from "../model/drill.ts";
import type { Topology } from "../model/topology.ts";
import type { Leaders } from "./leaders.ts";
import { oneOf, type Random, shuffled } from "./seed.ts";

/** The hosts that a fault hits now: groups that are hit one after another, with recovery between. Empty: nobody leads. */
export function victimsOf(
  { part, leaderOf, hosts, with: second }: Fault,
  { leaders, topology }: { readonly leaders: Leaders; readonly topology: Pick<Topology, "services"> },
  random: Random,
): readonly (readonly string[])[] {
  const leader = leaderOf === undefined ? undefined : leaders.get(leaderOf);
  const others = hostsOf(second, topology).filter((host) => host !== leader);
  const also = second === undefined ? [] : [oneOf(others, random)].flatMap((one) => one ?? []);
  switch (part) {
    case "leader":
      return leader === undefined ? [] : [[leader, ...also]];
    case "follower": {
      const following = hosts.filter((host) => host !== leader);
      return leader === undefined ? [] : [[oneOf(following, random)].flatMap((one) => one ?? [])];
    }
    case "member":
      return [[...[oneOf(hosts, random)].flatMap((one) => one ?? []), ...also]];
    case "each":
      return shuffled(hosts, random).map((host) => [host]);
    default:
      return [hosts];
  }
}

const hostsOf = (service: string | undefined, { services }: Pick<Topology, "services">): readonly string[] =>
  services.get(service ?? "")?.endpoints.map(({ host }) => host) ?? [];
