import { keptServices } from "../cluster/keepers.ts";
import type { Fault, Part, Way } from "../model/drill.ts";
import type { Endpoint, Redundancy, Service, Topology } from "../model/topology.ts";
import type { RoleTopology } from "../run/observe/desired.ts";
import { redundancyOf } from "../topology/redundancy.ts";
import { boundsOf } from "./bounds.ts";

/** Seconds until what was broken is healed: longer than the service may pause, so that the pause is seen whole. */
const SECONDS: Readonly<Record<Way, number>> = {
  killed: 4,
  stopped: 6,
  frozen: 8,
  off: 11,
  cut: 11,
  islanded: 11,
  moved: 2,
  restarted: 2,
  paused: 4,
  lossy: 30,
  busy: 10,
  // Longer than monitoring needs: an interval, repeated checks, and the wait for another server.
  alerted: 150,
};

type Try = readonly [Part, ...Way[]];

/** What to do to the daemons of a service, by how it survives a loss. */
const daemonTries: Readonly<Record<Redundancy, readonly Try[]>> = {
  balanced: [
    ["member", "killed", "stopped", "frozen"],
    ["each", "killed"],
  ],
  standby: [["leader", "killed", "stopped", "frozen", "paused"]],
  replicated: [
    ["leader", "killed", "frozen", "moved", "paused", "busy"],
    ["follower", "killed", "frozen"],
    ["all", "lossy"],
  ],
  quorum: [
    ["leader", "killed", "frozen", "paused"],
    ["follower", "killed"],
  ],
};

/** What to do to its hosts. */
const hostTries: Readonly<Record<Redundancy, readonly Try[]>> = {
  balanced: [["member", "off", "cut"]],
  standby: [["leader", "off", "cut"]],
  replicated: [
    ["leader", "off", "cut"],
    ["follower", "off", "cut"],
  ],
  quorum: [],
};

const keeperTries: readonly Try[] = [["leader", "killed", "frozen"]];

/** What is tried of a service that has no member to spare, if a user asks for it. */
const beyondTries: readonly Try[] = [["all", "killed"]];

/**
 * All faults that the topology says the stack survives, in the order of its tiers. `beyond`: also faults that it does not survive
 * without a pause.
 */
export function faultsOf(
  { topology, roles }: RoleTopology,
  { beyond }: { readonly beyond: boolean },
): readonly Fault[] {
  const mains = mainServices(topology);
  const spare = mains.filter(canLoseOne);
  const daemons = spare.flatMap((service) => [
    ...daemonTries[service.redundancy].flatMap((tried) => faults(topology, service, tried)),
    ...keepersOf(topology, service).flatMap((keeper) =>
      keeperTries.flatMap((tried) => faults(topology, keeper, tried, service)),
    ),
  ]);
  const hosts = onDistinctHosts(spare).flatMap((service) =>
    hostTries[service.redundancy].flatMap((tried) => faults(topology, service, tried)),
  );
  const islands = spare.flatMap((service) => islandsOf(topology, roles, service));
  const alerts = alertsOf(topology, roles, spare);
  const restarts = spare.flatMap((service) => faults(topology, service, ["all", "restarted"]));
  const more = beyond
    ? mains.flatMap((service) => beyondTries.flatMap((tried) => faults(topology, service, tried)))
    : [];
  return [...daemons, ...hosts, ...islands, ...alerts, ...restarts, ...more];
}

/** A leader that is cut off together with an application that writes: what it acknowledges there must not be lost. */
function islandsOf(topology: Topology, roles: RoleTopology["roles"], service: Service): readonly Fault[] {
  const client = writerOf({ topology, roles });
  if (service.redundancy !== "replicated" || client === undefined) return [];
  return faults(topology, service, ["leader", "islanded"]).map((fault) => ({
    ...fault,
    name: `${service.name}: leader's host cut off with a client`,
    with: client.name,
  }));
}

/** The service of an application whose workload writes, and which is asked over http. */
function writerOf({ topology, roles }: RoleTopology): Service | undefined {
  const writing = topology.hosts.flatMap(({ members, address }) =>
    members.filter(
      (one) => roles.get(one.role)?.drilling?.workload?.({ ...one, address })?.write !== undefined,
    ),
  );
  const names = new Set(writing.map(({ role }) => role));
  return [...topology.services.values()].find(
    ({ role, endpoints }) => names.has(role) && endpoints[0]?.health.type === "http",
  );
}

/** Monitoring of several hosts, with one of them off, must tell once of a daemon that is stopped: of one that nobody misses. */
function alertsOf(
  topology: Topology,
  roles: RoleTopology["roles"],
  spare: readonly Service[],
): readonly Fault[] {
  const telling = spare.filter(({ role }) => roles.get(role)?.drilling?.alerts !== undefined);
  return telling.flatMap((service) => {
    const own = new Set(hostsOf(service.endpoints));
    const told = spare.find(
      ({ redundancy, endpoints }) =>
        redundancy === "balanced" && endpoints.every(({ host }) => !own.has(host)),
    );
    if (told === undefined) return [];
    return faults(topology, service, ["member", "alerted"]).map((fault) => ({
      ...fault,
      name: `${service.name}: one alert of ${told.name} with a member's host off`,
      with: told.name,
    }));
  });
}

/** The first service of each role whose members share the work of the stack: the others are ports of the same daemons. */
function mainServices(topology: Topology): readonly Service[] {
  const parts = redundancyOf(topology).flatMap((tier) => tier.parts);
  return parts.flatMap(({ scope, services }) => {
    const [main] = scope === "stack" ? services.filter(({ access }) => access !== "host") : [];
    return topology.services.get(main?.name ?? "") ?? [];
  });
}

function canLoseOne({ endpoints, minimum, redundancy }: Service): boolean {
  const hosts = hostsOf(endpoints).length;
  return redundancy === "quorum" ? hosts - 1 >= minimum && hosts > 2 : hosts > 1;
}

const hostsOf = (endpoints: readonly Endpoint[]): readonly string[] => [
  ...new Set(endpoints.map(({ host }) => host)),
];

/** The services of the keepers of a service. */
function keepersOf(topology: Topology, service: Service): readonly Service[] {
  const kept = keptServices(topology).some((one) => one.service.name === service.name);
  return kept ? [topology.services.get(service.endpoints[0]?.checkedAt ?? "") ?? []].flat() : [];
}

const order: readonly Redundancy[] = ["replicated", "standby", "quorum", "balanced"];

/** One service for each set of hosts, because a host is lost with all its services: the one whose members differ most. */
function onDistinctHosts(services: readonly Service[]): readonly Service[] {
  const chosen = new Map<string, Service>();
  for (const redundancy of order) {
    for (const service of services.filter((one) => one.redundancy === redundancy)) {
      const key = hostsOf(service.endpoints).toSorted().join(" ");
      if (!chosen.has(key)) chosen.set(key, service);
    }
  }
  return services.filter((service) => [...chosen.values()].includes(service));
}

/** `of`: the service whose keeper this is; it says who leads, and what users see. */
function faults(
  topology: Topology,
  service: Service,
  [part, ...ways]: Try,
  of: Service = service,
): readonly Fault[] {
  const leads = leaderOf(topology, of);
  const hit = partHit(part, leads);
  // An address moves within 0.7 s, so a second of standstill is a loss of who holds it.
  const tried = ways.filter((way) => way !== "paused" || !hasFloating(service));
  return tried.map((way) => ({
    name: `${of.name}: ${wordsOf(hit, way, of === service)} ${way}`,
    service: service.name,
    leaderOf: leads,
    role: service.role,
    tier: topology.tiers.get(service.role) ?? service.role,
    part: hit,
    way,
    hosts: hostsOf(service.endpoints),
    seconds: SECONDS[way],
    promise: boundsOf(of.endpoints[0]?.survives, hit, way),
  }));
}

/** Who serves is hit where one serves for all; where all serve, any. */
function partHit(part: Part, leads: string | undefined): Part {
  if (part === "member") return leads === undefined ? "member" : "leader";
  return part === "leader" && leads === undefined ? "member" : part;
}

/** Who is hit, in words: `leader`, `leader's keeper`, `member's host`. */
function wordsOf(part: Part, way: Way, isItself: boolean): string {
  if (way === "off" || way === "cut") return `${part}'s host`;
  return isItself ? part : `${part}'s keeper`;
}

/** The service that says which member serves: itself, or the one with the addresses that move between the same hosts. */
function leaderOf(topology: Topology, service: Service): string | undefined {
  const { redundancy, endpoints } = service;
  if (redundancy === "replicated" || redundancy === "quorum" || hasFloating(service)) return service.name;
  const hosts = new Set(hostsOf(endpoints));
  const onSame = ({ endpoints: others }: Service): boolean =>
    hostsOf(others).length === hosts.size && others.every(({ host }) => hosts.has(host));
  return [...topology.services.values()].find((one) => hasFloating(one) && onSame(one))?.name;
}

const hasFloating = ({ endpoints }: Service): boolean =>
  endpoints.some(({ floating = [] }) => floating.length > 0);
