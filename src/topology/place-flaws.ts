import { addressVariable } from "../base/address.ts";
import { listed, quoted } from "../base/listed.ts";
import type { Flaw, Note, PartReport, ServiceReport } from "../model/redundancy.ts";
import type { Source } from "../model/source.ts";
import type { Topology } from "../model/topology.ts";
import { hostNamed, placeKey, variableLine } from "./inventory-lines.ts";
import { several } from "./parts.ts";

/** Host variables for the place of a machine: hosts with one place fail together. */
const variables = ["hypervisor", "rack"] as const;

/** Members of services with one place. */
interface Shared {
  /** `in rack r1`; for several names of one machine, `at` its address. */
  readonly place: string;
  readonly hosts: Set<string>;
  readonly services: ServiceReport[];
  readonly tiers: Set<string>;
  /** What is left after the loss of the place. */
  readonly left: "nothing" | "no majority" | "less than the floor" | "enough";
  /** The line to change, so that one of them has another place. */
  readonly source: Source;
}

/** Services that do not survive the loss of one machine or rack, although they have several members. */
export function placeFlaws(parts: readonly PartReport[], topology: Topology): readonly Flaw[] {
  return sharedPlaces(parts, topology)
    .filter(({ left }) => left !== "enough")
    .map(({ place, hosts, services, tiers, left, source }) => {
      const names = services.map(({ name }) => name);
      return {
        kind: "one-place",
        severity: left === "less than the floor" ? "risk" : "outage",
        tiers: [...tiers],
        services: names,
        hosts: [...hosts],
        what: `${together([...hosts])} ${place}: without it, ${left} is left of ${quoted(names)}`,
        why: "one failure there, of power, disk or network, stops all of them at once",
        remedy: "move one of these hosts to another place, and change the line shown",
        source,
      };
    });
}

/** Shared places whose loss leaves enough members, and hosts without a place. */
export function placeNotes(parts: readonly PartReport[], topology: Topology): readonly Note[] {
  const places = sharedPlaces(parts, topology);
  const flawed = new Set(places.filter(({ left }) => left !== "enough").map(({ place }) => place));
  const harmless = places
    .filter(({ left, place }) => left === "enough" && !flawed.has(place))
    .map(({ place, hosts, services, source }) => ({
      message: `${together([...hosts])} ${place}; without it, enough members of ${quoted(services.map(({ name }) => name))} are left`,
      source,
    }));
  return [...harmless, ...unknownPlaces(parts, topology)];
}

const together = (hosts: readonly string[]): string =>
  `${listed(hosts)} are ${hosts.length === 2 ? "both" : "all"}`;

function unknownPlaces(parts: readonly PartReport[], topology: Topology): readonly Note[] {
  const hosts = topology.hosts
    .map(({ host }) => host)
    .filter(({ name }) => parts.some((part) => several(part).some((one) => one.hosts.includes(name))));
  const used = variables.filter((name) => hosts.some((host) => host.vars.has(name)));
  if (used.length === 0 && hosts.length > 0) {
    return [
      {
        message: "no host has the variable `hypervisor` or `rack`, so members may share a machine",
      },
    ];
  }
  return used.flatMap((name) => {
    const unset = hosts.filter((host) => !host.vars.has(name));
    const [first] = unset;
    if (first === undefined) return [];
    const message = `${listed(unset.map((host) => host.name))} ${unset.length === 1 ? "has" : "have"} no variable \`${name}\`, but other hosts have it: members may share one`;
    return [{ message, source: first.source }];
  });
}

/** The same place from the same line counts once, for all its services. */
function sharedPlaces(parts: readonly PartReport[], topology: Topology): readonly Shared[] {
  const found = new Map<string, Shared>();
  const places = parts.flatMap((part) => several(part).flatMap((one) => placesOf(one, part.tier, topology)));
  for (const one of places) {
    const key = [one.place, one.left, placeKey(one.source)].join("\0");
    const known = found.get(key);
    if (known === undefined) found.set(key, one);
    else {
      known.services.push(...one.services);
      for (const tier of one.tiers) known.tiers.add(tier);
      for (const host of one.hosts) known.hosts.add(host);
    }
  }
  return [...found.values()];
}

/** Every place with more than one member of a service. */
function placesOf(service: ServiceReport, tier: string, topology: Topology): readonly Shared[] {
  return ["address", ...variables].flatMap((name) => {
    const places = new Map<string, string[]>();
    for (const host of service.hosts) {
      const place = placeOf(host, name, topology);
      if (place !== undefined) places.set(place, [...(places.get(place) ?? []), host]);
    }
    return [...places].flatMap(([place, hosts]) => {
      const [, second] = hosts;
      if (second === undefined) return [];
      const left = leftOf(service, hosts.length);
      const source = placeLine(second, name, topology);
      return [{ place, hosts: new Set(hosts), services: [service], tiers: new Set([tier]), left, source }];
    });
  });
}

function placeOf(name: string, variable: string, topology: Topology): string | undefined {
  if (variable === "address") {
    const address = topology.hosts.find(({ host }) => host.name === name)?.address;
    return address === undefined ? undefined : `at ${address}`;
  }
  const value = hostNamed(topology, name).vars.get(variable)?.value;
  // An unresolved template names no place.
  const known = typeof value === "number" || (typeof value === "string" && !value.includes("{{"));
  if (!known) return undefined;
  return `${variable === "rack" ? "in" : "on"} ${variable} ${value}`;
}

function placeLine(name: string, variable: string, topology: Topology): Source {
  const host = hostNamed(topology, name);
  if (variable !== "address") return variableLine(host, variable);
  return variableLine(host, addressVariable(host)?.[0] ?? "ansible_host");
}

function leftOf({ hosts, redundancy, minimum }: ServiceReport, lost: number): Shared["left"] {
  const left = hosts.length - lost;
  if (left === 0) return "nothing";
  const votes = redundancy === "replicated" || redundancy === "quorum";
  if (votes && left * 2 <= hosts.length) return "no majority";
  return left < minimum ? "less than the floor" : "enough";
}
