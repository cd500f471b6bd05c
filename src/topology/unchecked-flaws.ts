import { listed, quoted } from "../base/listed.ts";
import type { Host } from "../model/inventory.ts";
import type { Flaw, PartReport } from "../model/redundancy.ts";
import type { Service, Topology } from "../model/topology.ts";
import { placeKey, variableLine } from "./inventory-lines.ts";

/** Services without monitoring: there is no monitoring server, or their host has no agent. */
export function uncheckedFlaws(parts: readonly PartReport[], topology: Topology): readonly Flaw[] {
  const watched = topology.hosts
    .map(({ host }) => host)
    .filter(({ name }) => parts.some(({ hosts }) => hosts.includes(name)));
  const [first] = watched;
  if (first === undefined) return [];
  const servers = parts.filter(({ tier, scope }) => tier === "monitoring" && scope !== "agent");
  if (servers.length === 0) return [noMonitoringServer(first, watched, parts)];
  const agents = agentsOf(servers, topology);
  if (agents.length === 0) return [];
  const withoutAgent = watched.filter(
    ({ name }) => !agents.some(({ endpoints }) => endpoints.some(({ host }) => host === name)),
  );
  return byLine(withoutAgent).map((hosts) => hostsWithoutAgent(hosts, agents, parts));
}

/** Services of agents that the servers use. Without any, the servers check all hosts from outside only. */
function agentsOf(servers: readonly PartReport[], topology: Topology): readonly Service[] {
  const used = new Set(servers.flatMap(({ role }) => topology.needs.get(role) ?? []));
  return [...used]
    .flatMap((name) => topology.services.get(name) ?? [])
    .filter(({ role }) => ["base", "monitoring"].includes(topology.tiers.get(role) ?? ""))
    .filter(({ role }) => !servers.some((server) => server.role === role));
}

function noMonitoringServer(first: Host, hosts: readonly Host[], parts: readonly PartReport[]): Flaw {
  const services = servicesOn(hosts, parts);
  return {
    kind: "unchecked",
    severity: "risk",
    tiers: ["monitoring"],
    services,
    hosts: hosts.map(({ name }) => name),
    what: `there is no monitoring server${services.length === 0 ? "" : `: nothing checks ${quoted(services)}`}`,
    why: "without monitoring, a dead member stays unnoticed until the last one dies too",
    remedy: "give two hosts a monitoring server, such as `nagios`, and every host an agent, such as `nrpe`",
    source: variableLine(first, "roles"),
  };
}

function hostsWithoutAgent(
  hosts: readonly Host[],
  agents: readonly Service[],
  parts: readonly PartReport[],
): Flaw {
  const names = hosts.map(({ name }) => name);
  const services = servicesOn(hosts, parts);
  const [first] = hosts;
  if (first === undefined) throw new Error("there is no host");
  return {
    kind: "unchecked",
    severity: "risk",
    tiers: [
      ...new Set(parts.filter((part) => part.hosts.some((one) => names.includes(one))).map((p) => p.tier)),
    ],
    services,
    hosts: names,
    what: `nothing checks ${services.length === 0 ? "the services" : quoted(services)} on ${listed(names)}`,
    why: `the monitoring servers check a host through ${quoted(rolesOf(agents))}, which is missing there`,
    remedy: `add ${quoted(rolesOf(agents))} to the roles of ${listed(names)}`,
    source: variableLine(first, "roles"),
  };
}

function servicesOn(hosts: readonly Host[], parts: readonly PartReport[]): readonly string[] {
  return parts
    .flatMap(({ services }) => services)
    .filter((service) => hosts.some(({ name }) => service.hosts.includes(name)))
    .map(({ name }) => name);
}

/** Groups hosts that have their roles from one line, because one change there corrects all of them. */
function byLine(hosts: readonly Host[]): readonly (readonly Host[])[] {
  const groups = new Map<string, Host[]>();
  for (const host of hosts) {
    const key = placeKey(variableLine(host, "roles"));
    groups.set(key, [...(groups.get(key) ?? []), host]);
  }
  return [...groups.values()];
}

const rolesOf = (services: readonly Service[]): readonly string[] => [
  ...new Set(services.map(({ role }) => role)),
];
