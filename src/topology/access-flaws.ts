import { listed, quoted } from "../base/listed.ts";
import type { Flaw } from "../model/redundancy.ts";
import { hostNamed, roleLine, settingsLine } from "./inventory-lines.ts";
import { byHosts, namesOf, several, type View } from "./parts.ts";

/** Flaws in the way from users to a healthy member after another one has died. */
export function accessFlaws(view: View): readonly Flaw[] {
  return [...fixedAddresses(view), ...unreachedStandbys(view), ...missingEndpoints(view)];
}

function fixedAddresses({ part, topology }: View): readonly Flaw[] {
  return several(part).flatMap((service) =>
    service.floating
      .filter(({ hosts }) => hosts.length === 1)
      .map(({ address, hosts: [host = ""] }) => ({
        kind: "fixed-address",
        severity: "outage",
        tiers: [part.tier],
        services: [service.name],
        hosts: [host],
        what: `only ${host} can hold the floating address ${address}`,
        why: `when ${host} fails, no host answers there`,
        remedy: `add ${address} to the variables of \`${part.role}\` on one more host`,
        source: settingsLine(hostNamed(topology, host), part.role),
      })),
  );
}

/** If only one member serves, or users come from outside, they use one address: it must be a floating one. */
function unreachedStandbys({ part, parts, topology }: View): readonly Flaw[] {
  const carriers = new Set(
    parts.flatMap(({ services }) => services.flatMap(({ floating }) => floating.flatMap((one) => one.hosts))),
  );
  const named = several(part).filter(
    ({ redundancy, access, hosts }) =>
      (redundancy === "standby" || access === "anyone") && !hosts.some((host) => carriers.has(host)),
  );
  return byHosts(named).flatMap((services) => {
    const { hosts = [] } = services[0] ?? {};
    const [first] = hosts;
    if (first === undefined) return [];
    return {
      kind: "no-floating-address",
      severity: "outage",
      tiers: [part.tier],
      services: namesOf(services),
      hosts,
      what: `no floating address leads to ${quoted(namesOf(services))} on ${listed(hosts)}`,
      why: "users must connect to one of these hosts; when it fails, they do not reach the others",
      remedy: "give these hosts a role with a floating address, such as `keepalived`",
      source: roleLine(hostNamed(topology, first), part.role),
    };
  });
}

/** Services for their own host only that are missing on the host of a user. */
function missingEndpoints({ part, parts, topology }: View): readonly Flaw[] {
  const local = part.services.filter(({ access }) => access === "host");
  return parts
    .filter(({ role }) => role !== part.role)
    .flatMap((user) => user.hosts.map((host) => ({ user, host })))
    .flatMap(({ user, host }) => {
      const missing = local.filter(({ users, hosts }) => users.includes(user.role) && !hosts.includes(host));
      const [first] = missing;
      if (first === undefined) return [];
      return {
        kind: "no-endpoint",
        severity: "risk",
        tiers: [user.tier],
        services: namesOf(missing),
        hosts: [host],
        what: `\`${user.role}\` on ${host} has no ${quoted(namesOf(missing))} to use`,
        why: `each host needs its own, as on ${listed(first.hosts)}, but ${host} has none`,
        remedy: `give the role \`${part.role}\` to ${host}`,
        source: roleLine(hostNamed(topology, host), user.role),
      };
    });
}
