import type { Scope, ServiceReport } from "../model/redundancy.ts";
import { unreachable } from "../model/result.ts";
import type { Endpoint } from "../model/topology.ts";

/** What the sentences are made of. */
type Facts = Omit<ServiceReport, "shape" | "check" | "loss" | "times">;

/** `a`, `a and b`, `a, b and c`; of more than `most`, how many are left out. */
export function listed(names: readonly string[], most = 6): string {
  const shown = names.length > most ? names.slice(0, most - 1) : names;
  const rest = names.length - shown.length;
  const words = rest === 0 ? shown : [...shown, `${rest} more`];
  const last = words.at(-1) ?? "nobody";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

/** Names of services or roles as they stand in the inventory. */
export function quoted(names: readonly string[]): string {
  return listed(names.map((name) => `\`${name}\``));
}

/** How the members share the work. */
export function shapeWords(service: Facts, scope: Scope): string {
  const { hosts, redundancy } = service;
  const n = hosts.length;
  if (scope === "host") return "Each serves the roles of its own host only, over loopback.";
  if (scope === "agent") return "Each speaks for its own host only.";
  const [only] = hosts;
  if (n === 1) return `Alone on ${only}: there is no other member.`;
  switch (redundancy) {
    case "balanced":
      return n === 2 ? "Both serve all the time." : `All ${n} serve all the time.`;
    case "standby":
      return n === 2 ? "One serves, the other waits." : `One serves, the other ${n - 1} wait.`;
    case "replicated":
      return `One is the primary, ${n === 2 ? "the other is a copy" : `the other ${n - 1} are copies`}.`;
    case "quorum":
      return `What ${Math.floor(n / 2) + 1} of the ${n} agree on holds.`;
    default:
      return unreachable(redundancy);
  }
}

/** How it is found out that an endpoint is not well. */
export function checkWords({ health, port, protocol }: Endpoint): string {
  switch (health.type) {
    case "http":
      return `GET ${health.path} on ${port} answers ${health.status}`;
    case "tcp":
      return protocol === "vrrp" ? "its daemon runs" : `port ${port} takes connections`;
    case "command":
      return "a command of its own";
    default:
      return unreachable(health);
  }
}

/** What happens when a member dies. `said`: the role's own words, which presume that another member is left. */
export function lossWords(service: Facts, scope: Scope, said: string | undefined): string {
  if (scope === "host") {
    return said ?? "It shares the fate of its host: what used it is gone too, and is redundant by itself.";
  }
  if (scope === "agent") {
    return said ?? "Only its own host is no longer looked into; the monitoring servers say so.";
  }
  const [only] = service.hosts;
  if (service.hosts.length === 1) return `Nothing takes over until ${only} is back.`;
  return said ?? derivedLoss(service);
}

function derivedLoss({ redundancy, floating, hosts }: Facts): string {
  if (floating.length > 0) return "Its addresses move to a member that is well; open connections break.";
  switch (redundancy) {
    case "balanced":
      return "The others serve on, and its users leave it out as soon as their own checks find it dead.";
    case "standby":
      return "A member that waited takes over.";
    case "replicated":
      return "A copy that dies is left out. When the primary dies, a copy has to be promoted before anything is written again.";
    case "quorum":
      return hosts.length > 2 ? "The others agree without it." : "The other cannot decide alone: all stops.";
    default:
      return unreachable(redundancy);
  }
}

/** The times a sentence names, as written there: `0.6 s`, `2–3 seconds`, `200 ms`. */
export function timesIn(sentence: string): readonly string[] {
  const number = String.raw`\d+(?:\.\d+)?`;
  const time = new RegExp(
    String.raw`\b(?:${number}\s?(?:–|-|to)\s?)?${number}\s?(?:ms|s|seconds?|min|minutes?)\b`,
    "g",
  );
  return [...new Set(sentence.match(time) ?? [])];
}
