import { addressOf } from "../base/address.ts";
import { canonicalAddress } from "../base/ip.ts";
import { needsOf } from "../base/needs.ts";
import { servicesOf } from "../base/provided.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Host } from "../model/inventory.ts";
import type { AnyRole } from "../model/role.ts";
import type { Diagnostic } from "../model/source.ts";
import type {
  Endpoint,
  Member,
  PlacedCheck,
  Provided,
  Service,
  Topology,
  TopologyHost,
} from "../model/topology.ts";
import { carriedBy, missingOnHost, withTargets } from "./carried.ts";
import { floorsOf } from "./floor.ts";
import { nameProblems } from "./host-names.ts";
import { missingServices } from "./missing.ts";
import { objectionsOf } from "./objections.ts";
import { portProblems, serviceProblems } from "./ports.ts";
import { levelsOf } from "./stage-order.ts";

/** A host with its roles and their validated variables, in the inventory's order. */
export interface HostRoles {
  readonly host: Host;
  readonly members: readonly Member[];
}

/** Services, endpoints and order of work, from the declarations of the roles. All errors at once. */
export function buildTopology(
  hostRoles: readonly HostRoles[],
  roles: ReadonlyMap<string, AnyRole>,
): Result<Topology, readonly Diagnostic[]> {
  const usedRoles = new Set(hostRoles.flatMap(({ members }) => members.map((member) => member.role)));
  const services = allServices(hostRoles, roles);
  const needed = neededServices(hostRoles, roles);
  const missing = missingServices(hostRoles, needed, services, roles);
  const needs = new Map(
    [...needed].map(([role, names]) => [role, usedServices(names, roles.get(role), services)]),
  );
  const levels = levelsOf(
    [...usedRoles],
    (role) => dependencies(role, needs, services),
    (role) => roles.get(role)?.tier === "base",
  );
  if (!levels.ok) return err([...missing, { severity: "error", message: levels.error }]);
  if (missing.length > 0) return err(missing);
  const order = levels.value.flat();
  const tiers = new Map([...usedRoles].map((role) => [role, roles.get(role)?.tier ?? role]));
  const checks = hostRoles.flatMap(({ members }) => members.flatMap((member) => checksOf(member, roles)));
  const hosts: TopologyHost[] = hostRoles.map(({ host, members }) => ({
    host,
    address: addressOf(host),
    members: [...members].sort((a, b) => order.indexOf(a.role) - order.indexOf(b.role)),
  }));
  const topology: Topology = { hosts, services, levels: levels.value, needs, tiers, checks };
  const problems = [
    ...nameProblems(topology),
    ...missingOnHost(topology, roles),
    ...serviceProblems(topology),
    ...portProblems(topology),
    ...objectionsOf(topology, roles),
  ];
  return problems.length > 0 ? err(problems) : ok(topology);
}

/** Role → services that its members need; these may depend on their variables. */
function neededServices(
  hostRoles: readonly HostRoles[],
  roles: ReadonlyMap<string, AnyRole>,
): ReadonlyMap<string, readonly string[]> {
  const needed = new Map<string, Set<string>>();
  for (const { role: name, vars } of hostRoles.flatMap(({ members }) => members)) {
    const role = roles.get(name);
    const services = role === undefined ? [] : Object.values(needsOf(role, vars));
    needed.set(name, new Set([...(needed.get(name) ?? []), ...services]));
  }
  return new Map([...needed].map(([role, services]) => [role, [...services]]));
}

/** Services that a role needs, services that it wants and another role provides, and the services that these lead to. */
function usedServices(
  needed: readonly string[],
  role: AnyRole | undefined,
  services: ReadonlyMap<string, Service>,
): readonly string[] {
  const wanted = Object.values(role?.wants ?? {}).filter((name) => services.has(name));
  return [...new Set([...needed, ...wanted].flatMap((name) => withTargets(name, services)))];
}

function checksOf({ host, role, vars }: Member, roles: ReadonlyMap<string, AnyRole>): readonly PlacedCheck[] {
  const checks = roles.get(role)?.checks?.({ host, vars, address: addressOf(host) }) ?? [];
  return checks.map((check) => ({ ...check, role, host: host.name }));
}

/** What the roles provide, and then what the proxies of hosts make reachable of it. */
function allServices(
  hostRoles: readonly HostRoles[],
  roles: ReadonlyMap<string, AnyRole>,
): ReadonlyMap<string, Service> {
  const provided = collectServices(
    hostRoles,
    ({ host }, member) =>
      roles.get(member.role)?.provides?.({ host, address: addressOf(host), vars: member.vars }) ?? {},
  );
  const carried = collectServices(hostRoles, (host, member) => carriedBy(member, host, roles, provided));
  return new Map([...provided, ...carried]);
}

function collectServices(
  hostRoles: readonly HostRoles[],
  provide: (host: HostRoles, member: Member) => Provided,
): ReadonlyMap<string, Service> {
  const endpoints = new Map<string, Endpoint[]>();
  for (const host of hostRoles) {
    for (const member of host.members) {
      for (const endpoint of endpointsOf(host.host, member, provide(host, member))) {
        endpoints.set(endpoint.service, [...(endpoints.get(endpoint.service) ?? []), endpoint]);
      }
    }
  }
  const services = new Map<string, Service>();
  for (const [name, members] of endpoints) {
    const [first] = members;
    if (first === undefined) continue;
    const { role, redundancy } = first;
    const floors = floorsOf(
      members.map(({ floor }) => floor),
      members.length,
      redundancy,
    );
    services.set(name, { name, role, redundancy, ...floors, endpoints: members });
  }
  return services;
}

function endpointsOf(host: Host, member: Member, provided: Provided): readonly Endpoint[] {
  return servicesOf(provided).map(([service, spec]) => ({
    ...spec,
    ...(member.floor === undefined ? {} : { floor: member.floor }),
    service,
    role: member.role,
    host: host.name,
    address: spec.access === "host" ? "127.0.0.1" : addressOf(host),
    ...(spec.floating === undefined ? {} : { floating: spec.floating.map(canonicalAddress) }),
  }));
}

function dependencies(
  role: string,
  needs: ReadonlyMap<string, readonly string[]>,
  services: ReadonlyMap<string, Service>,
): readonly string[] {
  return (needs.get(role) ?? []).flatMap((service) => {
    const endpoints = services.get(service)?.endpoints ?? [];
    return [...new Set(endpoints.map((endpoint) => endpoint.role))];
  });
}
