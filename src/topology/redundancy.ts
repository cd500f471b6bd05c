import type { FloatingAddress, PartReport, Scope, ServiceReport, TierReport } from "../model/redundancy.ts";
import type { Endpoint, Service, Topology } from "../model/topology.ts";
import { checkWords, lossWords, shapeWords, timesIn } from "./redundancy-words.ts";

/** The tiers of a web stack, from the user inwards. Others follow in the order of their roles. */
const order = ["balancer", "web", "app", "database", "cache", "monitoring"];

/** How every tier survives the loss of a member. Roles of the tier `base` are left out: every host has its own. */
export function redundancyOf(topology: Topology): readonly TierReport[] {
  const roles = [...topology.tiers].filter(([, tier]) => tier !== "base");
  const rank = (tier: string): number => (order.indexOf(tier) + order.length + 1) % (order.length + 1);
  const tiers = [...new Set(roles.map(([, tier]) => tier))].sort((a, b) => rank(a) - rank(b));
  const uses = usersOf(topology);
  return tiers.map((tier) => ({
    tier,
    // Who is used comes after its users, as the tiers do.
    parts: rolesInOrder(topology)
      .filter((role) => topology.tiers.get(role) === tier)
      .map((role) => partOf(role, topology, uses)),
  }));
}

/** Distinct hosts of a service, in inventory order. */
export function hostsOf(endpoints: readonly Endpoint[]): readonly string[] {
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

function partOf(role: string, topology: Topology, users: Users): PartReport {
  const hosts = topology.hosts
    .filter(({ members }) => members.some((member) => member.role === role))
    .map(({ host }) => host.name);
  const own = [...topology.services.values()].filter(({ endpoints }) =>
    endpoints.some((endpoint) => endpoint.role === role),
  );
  const scope = scopeOf(role, own, topology);
  // Services of a role that say nothing of their own failure share that of the first that does.
  const said = own.flatMap((service) => saidOf(service))[0];
  const services = own.map((service) => serviceReport(service, users.get(service.name) ?? [], scope, said));
  return { role, scope, hosts, services };
}

/**
 * For its own host: what only that host may connect to. An agent: what stands in the tier `monitoring` and uses nobody's
 * service, as a server of that tier uses what it watches. All else others depend on.
 */
function scopeOf(role: string, services: readonly Service[], topology: Topology): Scope {
  const local = services.filter(({ endpoints }) => endpoints.every(({ access }) => access === "host"));
  if (services.length > 0 && local.length === services.length) return "host";
  const foreign = (topology.needs.get(role) ?? []).filter(
    (name) => topology.services.get(name)?.role !== role,
  );
  return topology.tiers.get(role) === "monitoring" && foreign.length === 0 ? "agent" : "stack";
}

const saidOf = ({ endpoints }: Service): readonly string[] =>
  endpoints.flatMap(({ failover }) => (failover === undefined ? [] : [failover])).slice(0, 1);

function serviceReport(
  service: Service,
  users: readonly string[],
  scope: Scope,
  said: string | undefined,
): ServiceReport {
  const { name, endpoints, redundancy } = service;
  const hosts = hostsOf(endpoints);
  const first = endpoints[0];
  const floor = Math.max(1, service.floor);
  const bare = {
    name,
    port: first?.port ?? 0,
    protocol: first?.protocol ?? "tcp",
    redundancy,
    hosts,
    floor,
    spare: spareOf(service, hosts.length, floor),
    floating: floatingOf(endpoints),
    access: first?.access ?? "users",
    users,
  } as const;
  const loss = lossWords(bare, scope, saidOf(service)[0] ?? said);
  const check = first === undefined ? "" : checkWords(first);
  return { ...bare, shape: shapeWords(bare, scope), check, loss, times: timesIn(loss) };
}

/** A majority must be left where a majority decides. */
function spareOf({ redundancy }: Service, members: number, floor: number): number {
  const least = redundancy === "quorum" ? Math.max(floor, Math.floor(members / 2) + 1) : floor;
  return Math.max(0, members - least);
}

function floatingOf(endpoints: readonly Endpoint[]): readonly FloatingAddress[] {
  const addresses = new Set(endpoints.flatMap(({ floating }) => floating ?? []));
  return [...addresses].map((address) => ({
    address,
    hosts: hostsOf(endpoints.filter(({ floating }) => floating?.includes(address))),
  }));
}
