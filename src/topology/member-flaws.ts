import { listed, quoted } from "../base/listed.ts";
import type { Flaw, PartReport, ServiceReport } from "../model/redundancy.ts";
import { floorLine, hostNamed, roleLine } from "./inventory-lines.ts";
import { byHosts, namesOf, several, shared, type View } from "./parts.ts";

/** Flaws in the number of a part's members. */
export function memberFlaws(view: View): readonly Flaw[] {
  return [...singleMembers(view), ...brokenFloors(view), ...missingVoters(view)];
}

function singleMembers({ part, topology }: View): readonly Flaw[] {
  const single = byHosts(shared(part).filter(({ hosts }) => hosts.length === 1));
  const hasNoService = part.scope === "stack" && part.services.length === 0 && part.hosts.length === 1;
  const groups = hasNoService ? [[]] : single;
  return groups.flatMap((services) => {
    const [host] = services[0]?.hosts ?? part.hosts;
    if (host === undefined) return [];
    const what = services.length === 0 ? `the role \`${part.role}\`` : quoted(namesOf(services));
    const replicated = services.some(({ redundancy }) => ["replicated", "quorum"].includes(redundancy));
    return {
      kind: "one-member",
      severity: "outage",
      tiers: [part.tier],
      services: namesOf(services),
      hosts: [host],
      what: `${what} ${services.length > 1 ? "have" : "has"} one member, ${host}`,
      why: lossOf(host, services, part),
      remedy: replicated
        ? `give the role \`${part.role}\` to two more hosts: only three or more voters can lose one`
        : `give the role \`${part.role}\` to a second host`,
      source: roleLine(hostNamed(topology, host), part.role),
    };
  });
}

/** The effect of the loss of the only host. */
function lossOf(host: string, services: readonly ServiceReport[], part: PartReport): string {
  const when = `when ${host} fails`;
  if (part.tier === "monitoring") return `${when}, there are no checks and no alerts`;
  const addresses = services.flatMap(({ floating }) => floating.map(({ address }) => address));
  if (addresses.length > 0) return `${when}, no host answers at ${listed(addresses)}`;
  const users = new Set(services.flatMap((service) => service.users.filter((role) => role !== part.role)));
  const outsideUsers = services.some(({ access }) => access === "anyone") ? ["users outside"] : [];
  const all = [...[...users].map((role) => `\`${role}\``), ...outsideUsers];
  if (all.length === 0) return `${when}, nothing takes over its work`;
  return `${when}, ${listed(all)} can no longer use ${services.length > 1 ? "them" : "it"}`;
}

function brokenFloors({ part, topology }: View): readonly Flaw[] {
  // `missingVoters` reports two voters of a quorum.
  const broken = several(part).filter(
    ({ hosts, floor, voters, redundancy }) =>
      floor >= hosts.length && !(redundancy === "quorum" && voters === 2),
  );
  return byHosts(broken).flatMap((services) => {
    const { hosts = [], floor = 0 } = services[0] ?? {};
    const [last] = hosts.slice(-1);
    if (last === undefined) return [];
    return {
      kind: "floor",
      severity: "risk",
      tiers: [part.tier],
      services: namesOf(services),
      hosts,
      what: `${quoted(namesOf(services))} must keep ${floor} members healthy, but ${services.length > 1 ? "have" : "has"} only ${hosts.length}`,
      why: "the loss of one breaks the floor, and no member can be changed without breaking it",
      remedy: `give the role \`${part.role}\` to one more host, or lower the floor to ${hosts.length - 1}`,
      source: floorLine(hostNamed(topology, last), part.role),
    };
  });
}

function missingVoters({ part, topology }: View): readonly Flaw[] {
  const odd = several(part).filter(
    ({ redundancy, voters }) => voters === 2 || (redundancy === "quorum" && voters % 2 === 0),
  );
  return byHosts(odd).flatMap((services) => {
    const { hosts = [] } = services[0] ?? {};
    const [last] = hosts.slice(-1);
    if (last === undefined) return [];
    const two = hosts.length === 2;
    return {
      kind: "voters",
      severity: two ? "outage" : "risk",
      tiers: [part.tier],
      services: namesOf(services),
      hosts,
      what: `${quoted(namesOf(services))} ${services.length > 1 ? "have" : "has"} ${two ? "two" : hosts.length} voters, ${listed(hosts)}`,
      why: two
        ? lossOfOne(services)
        : `if the network splits them into halves, neither half can decide; they can lose ${hosts.length / 2 - 1}, no more than ${hosts.length - 1} voters can`,
      remedy: `give the role \`${part.role}\` to one more host`,
      source: roleLine(hostNamed(topology, last), part.role),
    };
  });
}

/** What happens when one of two members is lost. */
const lossOfOne = (services: readonly ServiceReport[]): string =>
  services.some(({ redundancy }) => redundancy === "replicated")
    ? "when one is lost, writes wait until it is back: nobody else would have them too"
    : "when one does not answer, the other cannot know whether it is dead or only cut off: it has no majority, and nothing is decided. Two fail more often than one alone";
