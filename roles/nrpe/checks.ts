import type { Endpoint, PlacedCheck, Topology } from "provision";

/** One thing that the agent of a host watches, as the agent and the monitoring servers both name it. */
export interface AgentCheck {
  /** What it is called over NRPE, and in sudoers: letters, digits, dashes. */
  readonly name: string;
  /** What people see it under: unique on its host. */
  readonly title: string;
  /** One phrase: what is well when it is well. */
  readonly summary: string;
  /** It must run as root. */
  readonly root: boolean;
  /** It changes slowly, and is asked for less often. */
  readonly slow: boolean;
  readonly source:
    | { readonly type: "base"; readonly endpoint?: undefined; readonly check?: undefined }
    | { readonly type: "health"; readonly endpoint: Endpoint; readonly check?: undefined }
    | { readonly type: "role"; readonly check: PlacedCheck; readonly endpoint?: undefined };
}

/** The service that agents provide. */
export const agentService = "nrpe";

const base: readonly (readonly [name: string, summary: string])[] = [
  ["load", "the load is one that its CPUs can carry"],
  ["memory", "memory and swap are not used up"],
  ["disk", "no file system is nearly full"],
  ["units", "no unit of systemd has failed"],
  ["reboot", "no reboot is waited for"],
  ["clock", "the clock is synchronised"],
  ["agent-certificate", "the agent's certificate is valid for some time to come"],
];

/** What a service is called among the checks of a host: as it is, unless a check of every host has that name. */
export const titleOf = (service: string): string =>
  service === "agent" || base.some(([name]) => name === service) ? `service ${service}` : service;

/** What every host has, whatever its roles. */
const baseChecks: readonly AgentCheck[] = base.map(([name, summary]) => ({
  name: `base-${name}`,
  title: name,
  summary,
  root: false,
  slow: true,
  source: { type: "base" },
}));

/**
 * All that is watched on one host, by its own agent: what every host has, the health of each endpoint, the roles' own
 * checks. The agent's own endpoint is not among them: that it answers is its health.
 */
export function agentChecks(topology: Topology, host: string): readonly AgentCheck[] {
  const endpoints = [...topology.services.values()]
    .flatMap((service) => service.endpoints)
    .filter((endpoint) => endpoint.host === host && endpoint.service !== agentService);
  const checks = topology.checks.filter((check) => check.host === host);
  return [...baseChecks, ...endpoints.map(healthOf), ...checks.map(ofRole)];
}

function healthOf(endpoint: Endpoint): AgentCheck {
  const { service, role, health } = endpoint;
  return {
    name: `health-${service}`,
    title: titleOf(service),
    summary: `${service}, which ${role} provides, is healthy`,
    root: health.type === "command" && health.root === true,
    slow: false,
    source: { type: "health", endpoint },
  };
}

function ofRole(check: PlacedCheck): AgentCheck {
  const { role, name, summary, root = false } = check;
  return {
    name: `${role}-${name}`,
    title: `${role} ${name}`,
    summary,
    root,
    slow: false,
    source: { type: "role", check },
  };
}
