import type {
  FloatingAddress,
  PartReport,
  Scope,
  ServiceReport,
  TierReport,
  WayReport,
} from "../model/redundancy.ts";
import type { Endpoint, Service, Topology } from "../model/topology.ts";
import { checkWords, lossWords, type ServiceFacts, shapeWords, timesIn } from "./redundancy-words.ts";

/** The tiers of a web stack, from the user inwards. Another tier comes after the first tier that uses it. */
const order = ["balancer", "web", "app", "database", "cache", "monitoring"];

/** How every tier survives the loss of a member, without roles of the base, because every host has its own. */
export function redundancyOf(topology: Topology): readonly TierReport[] {
  const base = baseRoles(topology);
  const roles = [...topology.tiers].filter(([role]) => !base.includes(role));
  const uses = usersOf(topology);
  return tiersInOrder(new Set(roles.map(([, tier]) => tier)), topology, uses).map((tier) => ({
    tier,
    // A role comes after its users, as the tiers do.
    parts: rolesInOrder(topology)
      .filter((role) => topology.tiers.get(role) === tier && !base.includes(role))
      .map((role) => partOf(tier, role, topology, uses)),
  }));
}

function tiersInOrder(present: ReadonlySet<string>, topology: Topology, users: Users): readonly string[] {
  const tiers = order.filter((tier) => present.has(tier));
  // Users first, so that they already have a place when a tier that they use gets its own.
  for (const tier of rolesInOrder(topology).map((role) => topology.tiers.get(role) ?? role)) {
    if (!present.has(tier) || tiers.includes(tier)) continue;
    const using = [...topology.services.values()]
      .filter(({ role }) => topology.tiers.get(role) === tier)
      .flatMap(({ name }) => users.get(name) ?? [])
      .map((role) => topology.tiers.get(role));
    const first = tiers.findIndex((one) => using.includes(one));
    tiers.splice(first < 0 ? tiers.length : first + 1, 0, tier);
  }
  return tiers;
}

/**
 * Roles of the tier `base` that no other tier depends on. A monitoring server does not depend on its agents. A proxy that leads to
 * other services is told of with these.
 */
export function baseRoles(topology: Topology): readonly string[] {
  const ownTiers = ["base", "monitoring"];
  const used = [...topology.needs].flatMap(([role, services]) =>
    ownTiers.includes(topology.tiers.get(role) ?? "") ? [] : services,
  );
  const depended = new Set(
    used
      .flatMap((name) => topology.services.get(name) ?? [])
      .filter((service) => !isWay(service))
      .map(({ role }) => role),
  );
  return [...topology.tiers]
    .filter(([role, tier]) => tier === "base" && !depended.has(role))
    .map(([role]) => role);
}

/** Whether a service only leads to others. */
const isWay = ({ endpoints }: Service): boolean => endpoints.some(({ leadsTo }) => leadsTo !== undefined);

/** Distinct hosts of a service, in inventory order. */
function hostsOf(endpoints: readonly Endpoint[]): readonly string[] {
  return [...new Set(endpoints.map(({ host }) => host))];
}

/** Service → roles that use it. */
type Users = ReadonlyMap<string, readonly string[]>;

function usersOf(topology: Topology): Users {
  const users = new Map<string, string[]>();
  for (const [role, services] of topology.needs) {
    for (const service of new Set(services)) users.set(service, [...(users.get(service) ?? []), role]);
  }
  return users;
}

const rolesInOrder = (topology: Topology): readonly string[] => topology.levels.flat().reverse();

function partOf(tier: string, role: string, topology: Topology, users: Users): PartReport {
  const hosts = topology.hosts
    .filter(({ members }) => members.some((member) => member.role === role))
    .map(({ host }) => host.name);
  const own = [...topology.services.values()].filter(({ endpoints }) =>
    endpoints.some((endpoint) => endpoint.role === role),
  );
  const scope = scopeOf(role, own, topology);
  const services = own.map((service) =>
    serviceReport(service, own[0] ?? service, scope, { topology, users }),
  );
  return { tier, role, scope, hosts, services };
}

/**
 * `host`: only the own host may connect to its services. `agent`: a role of the tier `monitoring` that uses no service of
 * another role (a monitoring server does). All others: `stack`.
 */
function scopeOf(role: string, services: readonly Service[], topology: Topology): Scope {
  const local = services.filter(({ endpoints }) => endpoints.every(({ access }) => access === "host"));
  if (services.length > 0 && local.length === services.length) return "host";
  const foreign = (topology.needs.get(role) ?? []).filter(
    (name) => topology.services.get(name)?.role !== role,
  );
  return topology.tiers.get(role) === "monitoring" && foreign.length === 0 ? "agent" : "stack";
}

/** The whole stack around a service. */
interface Whole {
  readonly topology: Topology;
  readonly users: Users;
}

/** `first`: the main service of the role. A service without its own text for a loss uses that of the main service. */
function serviceReport(service: Service, first: Service, scope: Scope, whole: Whole): ServiceReport {
  const facts = factsOf(service, whole);
  const mainLoss = lossWords(factsOf(first, whole), scope, failoverText(first));
  const inherited = hostsOf(first.endpoints).length > 1 ? mainLoss : undefined;
  const loss = lossWords(facts, scope, failoverText(service) ?? inherited);
  const [endpoint] = service.endpoints;
  const check = endpoint === undefined ? "" : checkWords(endpoint);
  const ways = waysTo(service.name, whole);
  return { ...facts, shape: shapeWords(facts, scope), check, loss, times: timesIn(loss), ways };
}

/** A way may lead to several services: the first is what it is there for. */
function waysTo(target: string, { topology, users }: Whole): readonly WayReport[] {
  return [...topology.services.values()].flatMap((way): readonly WayReport[] => {
    const [first] = way.endpoints;
    if (first?.leadsTo?.[0] !== target) return [];
    const { name, endpoints } = way;
    const loss = lossWords(factsOf(way, { topology, users }), "host", failoverText(way));
    const seen = { name, port: first.port, hosts: hostsOf(endpoints), users: users.get(name) ?? [] };
    return [{ ...seen, check: checkWords(first), loss, times: timesIn(loss) }];
  });
}

const failoverText = ({ endpoints }: Service): string | undefined =>
  endpoints.find(({ failover }) => failover !== undefined)?.failover;

function factsOf(service: Service, { topology, users }: Whole): ServiceFacts {
  const { name, endpoints, redundancy } = service;
  const hosts = hostsOf(endpoints);
  const { floor, minimum } = service;
  const voters = votersOf(service, topology);
  return {
    name,
    port: endpoints[0]?.port ?? 0,
    protocol: endpoints[0]?.protocol ?? "tcp",
    redundancy,
    hosts,
    floor,
    minimum,
    voters,
    // More than half of the voters must remain.
    spare: Math.max(
      0,
      Math.min(hosts.length - minimum, voters === 0 ? hosts.length : Math.ceil(voters / 2) - 1),
    ),
    floating: floatingOf(endpoints),
    access: endpoints[0]?.access ?? "users",
    users: users.get(name) ?? [],
  };
}

/** The number of hosts that decide together: hosts with a copy, and members of a `quorum` service of the same tier. */
function votersOf({ redundancy, role, endpoints }: Service, topology: Topology): number {
  if (redundancy === "balanced" || redundancy === "standby") return 0;
  if (redundancy === "quorum") return hostsOf(endpoints).length;
  const tier = topology.tiers.get(role);
  const voting = [...topology.services.values()].filter(
    (one) => one.redundancy === "quorum" && topology.tiers.get(one.role) === tier,
  );
  return new Set([...hostsOf(endpoints), ...voting.flatMap((one) => hostsOf(one.endpoints))]).size;
}

function floatingOf(endpoints: readonly Endpoint[]): readonly FloatingAddress[] {
  const addresses = new Set(endpoints.flatMap(({ floating }) => floating ?? []));
  return [...addresses].map((address) => ({
    address,
    hosts: hostsOf(endpoints.filter(({ floating }) => floating?.includes(address))),
  }));
}
