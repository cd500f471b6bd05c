import type { PartReport, ServiceReport } from "../model/redundancy.ts";
import type { Topology } from "../model/topology.ts";

/** One part of the stack, and all others. */
export interface View {
  readonly part: PartReport;
  readonly parts: readonly PartReport[];
  readonly topology: Topology;
}

/** The services that must survive the loss of a host. */
export function shared({ scope, services }: PartReport): readonly ServiceReport[] {
  return scope === "stack" ? services.filter(({ access }) => access !== "host") : [];
}

/** Those of them with more than one member. */
export function several(part: PartReport): readonly ServiceReport[] {
  return shared(part).filter(({ hosts }) => hosts.length > 1);
}

/** Groups services on the same hosts: they have the same flaw, which is reported once. */
export function byHosts(services: readonly ServiceReport[]): readonly (readonly ServiceReport[])[] {
  const groups = new Map<string, ServiceReport[]>();
  for (const service of services) {
    const key = service.hosts.join("\0");
    groups.set(key, [...(groups.get(key) ?? []), service]);
  }
  return [...groups.values()];
}

export const namesOf = (services: readonly ServiceReport[]): readonly string[] =>
  services.map(({ name }) => name);
