import type { Service, Topology } from "../model/topology.ts";

/** A service that keeps itself, and where the keeper of each member answers on its own host: host → URL. */
export interface KeptService {
  readonly service: Service;
  readonly keepers: ReadonlyMap<string, string>;
}

/** The services with a leader and copies whose members have keepers. One that has only one member needs none. */
export function keptServices({ services }: Pick<Topology, "services">): readonly KeptService[] {
  return [...services.values()].flatMap((service) => {
    const at = service.endpoints[0]?.checkedAt;
    const kept = service.redundancy === "replicated" && service.endpoints.length > 1 && at !== undefined;
    if (!kept) return [];
    const answering = services.get(at)?.endpoints ?? [];
    return [
      { service, keepers: new Map(answering.map(({ host, port }) => [host, `http://127.0.0.1:${port}`])) },
    ];
  });
}
