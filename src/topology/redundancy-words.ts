import { unreachable } from "../base/result.ts";
import type { Scope, ServiceReport } from "../model/redundancy.ts";
import type { Endpoint } from "../model/topology.ts";

/** The data for the sentences. */
export type ServiceFacts = Omit<ServiceReport, "shape" | "check" | "loss" | "times" | "ways">;

/** How the members share the work. */
export function shapeWords(service: ServiceFacts, scope: Scope): string {
  const { hosts, redundancy, floating } = service;
  const n = hosts.length;
  if (scope === "host") return "Each serves the roles of its own host only, over loopback.";
  if (scope === "agent") return "Each reports only its own host.";
  const [only] = hosts;
  if (n === 1) return `Alone on ${only}: there is no other member.`;
  if (floating.length > 0) {
    return floating.length === 1 ? "One host holds the address." : "Each address is on one host at a time.";
  }
  switch (redundancy) {
    case "balanced":
      return n === 2 ? "Both serve all the time." : `All ${n} serve all the time.`;
    case "standby":
      return `The holder of a floating address serves, the ${n === 2 ? "other waits" : "others wait"}.`;
    case "replicated":
      return `One leads, ${n === 2 ? "the other is a copy" : "the others are copies"}.`;
    case "quorum":
      return `${Math.floor(n / 2) + 1} of the ${n} decide together.`;
    default:
      return unreachable(redundancy);
  }
}

/** The health check of an endpoint. */
export function checkWords({ health, port, protocol }: Endpoint): string {
  switch (health.type) {
    case "http":
      return `GET ${health.path} on ${port} answers ${health.status}`;
    case "tcp":
      return protocol === "vrrp" ? "its daemon runs" : `port ${port} takes connections`;
    case "command":
      return "its own check succeeds";
    default:
      return unreachable(health);
  }
}

/** The effect when a member dies. `roleText`: the role's own text, for a service with several members. */
export function lossWords(service: ServiceFacts, scope: Scope, roleText: string | undefined): string {
  const [only] = service.hosts;
  switch (scope) {
    case "host":
      return sentence(roleText ?? "It fails only with its host, and so do its users there.");
    case "agent":
      return sentence(
        roleText ?? "Only its own host is no longer checked from inside; the monitoring servers alert.",
      );
    case "stack":
      return service.hosts.length === 1
        ? `No host takes over until ${only} is back.`
        : sentence(roleText ?? derivedLoss(service));
    default:
      return unreachable(scope);
  }
}

/** A role's words as a sentence. */
const sentence = (words: string): string =>
  words.charAt(0).toUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? "" : ".");

function derivedLoss({ redundancy, floating, voters }: ServiceFacts): string {
  if (floating.length > 0) return "Its addresses move to a healthy member; open connections break.";
  switch (redundancy) {
    case "balanced":
      return "The others continue to serve, and users stop using it as soon as their own checks fail.";
    case "standby":
      return "A waiting member takes over.";
    case "replicated":
      return "A dead copy is no longer used. After the leader dies, there are no writes until a copy leads.";
    case "quorum":
      return voters > 2
        ? "The others decide without it."
        : "The other cannot decide alone: the service stops.";
    default:
      return unreachable(redundancy);
  }
}

/** The times in a sentence, as written there: `0.6 s`, `2–3 seconds`, `at once`. */
export function timesIn(words: string): readonly string[] {
  const number = String.raw`\d+(?:\.\d+)?`;
  const measured = String.raw`(?:${number}\s?(?:–|-|to)\s?)?${number}\s?(?:ms|s|seconds?|min|minutes?)`;
  const times = words.match(new RegExp(String.raw`\b(?:${measured}|at once|seconds|minutes)\b`, "g"));
  return [...new Set(times ?? [])];
}
