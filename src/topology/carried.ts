import { addressOf } from "../base/address.ts";
import { needsOf } from "../base/needs.ts";
import type { Host } from "../model/inventory.ts";
import type { AnyRole } from "../model/role.ts";
import type { Diagnostic } from "../model/source.ts";
import type { Member, Provided, Service, Topology, TopologyHost } from "../model/topology.ts";
import { roleLine } from "./inventory-lines.ts";

type Roles = ReadonlyMap<string, AnyRole>;
type HostMembers = Pick<TopologyHost, "host" | "members">;

/** What a proxy of its host provides there for the other roles of the host. `services`: those of all other roles. */
export function carriedBy(
  { role, vars }: Member,
  { host, members }: HostMembers,
  roles: Roles,
  services: ReadonlyMap<string, Service>,
): Provided {
  const carries = roles.get(role)?.carries;
  if (carries === undefined) return {};
  const asked = members
    .flatMap((member) => usedBy(member, roles))
    .filter((name) => !services.has(name) && services.has(carries.target(name) ?? ""));
  return carries.provides({ host, address: addressOf(host), vars, asked: [...new Set(asked)], services });
}

function usedBy({ role: name, vars }: Member, roles: Roles): readonly string[] {
  const role = roles.get(name);
  return role === undefined
    ? []
    : [...Object.values(needsOf(role, vars)), ...Object.values(role.wants ?? {})];
}

/** A service, and those that it leads to. */
export const withTargets = (name: string, services: ReadonlyMap<string, Service>): readonly string[] => [
  name,
  ...(services.get(name)?.endpoints ?? []).flatMap(({ leadsTo = [] }) => leadsTo),
];

/** The service that one with this name would lead to, with the role that would be the proxy. */
export function targetOf(
  name: string,
  roles: Roles,
): { readonly carrier: string; readonly target: string } | undefined {
  for (const [carrier, { carries }] of roles) {
    const target = carries?.target(name);
    if (target !== undefined) return { carrier, target };
  }
  return undefined;
}

/** Hosts with a role that needs a service of its own host, which this host does not have. */
export function missingOnHost(
  { hosts, services }: Pick<Topology, "hosts" | "services">,
  roles: Roles,
): readonly Diagnostic[] {
  return hosts.flatMap(({ host, members }) =>
    members.flatMap(({ role: name, vars }) => {
      const role = roles.get(name);
      const needed = role === undefined ? [] : Object.values(needsOf(role, vars));
      return needed
        .flatMap((service) => services.get(service) ?? [])
        .filter((service) => isLocal(service) && service.endpoints.every((one) => one.host !== host.name))
        .map((service) => ({ ...withoutProxy(name, host, service), host: host.name }));
    }),
  );
}

const isLocal = ({ endpoints }: Service): boolean => endpoints.every(({ access }) => access === "host");

const withoutProxy = (role: string, host: Host, service: Service): Diagnostic => ({
  severity: "error",
  message: `role \`${role}\` needs the service \`${service.name}\` on its own host, and ${host.name} has none`,
  source: roleLine(host, role),
  hint: `give ${host.name} the role \`${service.role}\` too`,
});
