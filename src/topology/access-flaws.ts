import { listed, quoted } from "../base/listed.ts";
import { groupBy } from "../base/text.ts";
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
function missingEndpoints({ part, topology }: View): readonly Flaw[] {
  const local = (topology.needs.get(part.role) ?? [])
    .flatMap((name) => topology.services.get(name) ?? [])
    .filter(
      ({ role, endpoints }) => role !== part.role && endpoints.every(({ access }) => access === "host"),
    );
  return part.hosts.flatMap((host) => {
    const missing = local.filter(({ endpoints }) => endpoints.every((one) => one.host !== host));
    return [...groupBy(missing, ({ role }) => role)].map(([role, services]) => {
      const names = services.map(({ name }) => name);
      const elsewhere = services[0]?.endpoints.map((one) => one.host) ?? [];
      return {
        kind: "no-endpoint",
        severity: "risk",
        tiers: [part.tier],
        services: names,
        hosts: [host],
        what: `\`${part.role}\` on ${host} has no ${quoted(names)} to use`,
        why: `each host needs its own, as on ${listed(elsewhere)}, but ${host} has none`,
        remedy: `give the role \`${role}\` to ${host}`,
        source: roleLine(hostNamed(topology, host), part.role),
      };
    });
  });
}
