import type { Endpoint, PlacedCheck, Topology } from "provision";

/** One check of a host's agent, with the names that the agent and the monitoring servers use. */
export interface AgentCheck {
  /** Name over NRPE and in sudoers: letters, digits, dashes. */
  readonly name: string;
  /** Name for people: unique on its host. */
  readonly title: string;
  /** One phrase: the state in which the check is OK. */
  readonly summary: string;
  /** It must run as root. */
  readonly root: boolean;
  /** Its state changes slowly, so it runs less often. */
  readonly slow: boolean;
  readonly source:
    | { readonly type: "base"; readonly endpoint?: undefined; readonly check?: undefined }
    | { readonly type: "health"; readonly endpoint: Endpoint; readonly check?: undefined }
    | { readonly type: "role"; readonly check: PlacedCheck; readonly endpoint?: undefined };
}

/** The service that agents provide. */
export const agentService = "nrpe";

const base: readonly (readonly [name: string, summary: string])[] = [
  ["load", "the load is not too high for its CPUs"],
  ["memory", "memory and swap are not used up"],
  ["disk", "no file system is nearly full"],
  ["units", "no unit of systemd has failed"],
  ["reboot", "the host needs no reboot"],
  ["clock", "the clock is synchronised"],
  ["agent-certificate", "the agent's certificate does not expire soon"],
];

/** Name of a service among the checks of a host: its own, unless a check of every host has that name. */
export const titleOf = (service: string): string =>
  service === "agent" || base.some(([name]) => name === service) ? `service ${service}` : service;

/** The checks of every host. */
const baseChecks: readonly AgentCheck[] = base.map(([name, summary]) => ({
  name: `base-${name}`,
  title: name,
  summary,
  root: false,
  slow: true,
  source: { type: "base" },
}));

/**
 * All checks of one host's agent: those of every host, the health of each endpoint, the roles' own checks. The agent's own
 * endpoint has no check, because an answer of the agent proves its health.
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
