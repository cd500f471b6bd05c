import { keptServices } from "../cluster/keepers.ts";
import type { AnyRole } from "../model/role.ts";
import type { Script } from "../model/script.ts";
import type { Endpoint, Service, Topology } from "../model/topology.ts";
import { raw, sh } from "../script/script.ts";
import type { Hosts } from "./hosts.ts";

/** Service → the host that leads it, or holds its address; undefined: none, or more than one. */
export type Leaders = ReadonlyMap<string, string | undefined>;

/** A script that ends with 0 where the endpoint's member leads; undefined: the service has no leader. */
function leads(
  service: Service,
  topology: Topology,
  roles: ReadonlyMap<string, AnyRole>,
): LeadsAt | undefined {
  const keepers = keptServices(topology).find((one) => one.service.name === service.name)?.keepers;
  if (keepers !== undefined)
    return ({ host }) =>
      sh`curl -q --noproxy '*' -fs --max-time 3 -o /dev/null ${`${keepers.get(host) ?? ""}/primary`}`;
  const floating = service.endpoints.flatMap((endpoint) => endpoint.floating ?? []);
  const [address] = floating;
  if (address !== undefined) return () => sh`ip -o addr show 2>/dev/null | grep -qF -- ${` ${address}/`}`;
  const text = service.redundancy === "quorum" ? roles.get(service.role)?.drilling?.leads : undefined;
  return text === undefined ? undefined : () => raw(text);
}

type LeadsAt = (endpoint: Endpoint) => Script;

/** Who leads each service that has a leader, as its hosts say now. */
export async function leadersNow(
  hosts: Hosts,
  topology: Topology,
  roles: ReadonlyMap<string, AnyRole>,
): Promise<Leaders> {
  const asked = leading(topology).map(async (service) => {
    const at = service.endpoints.length > 1 ? leads(service, topology, roles) : undefined;
    if (at === undefined) return [];
    const answers = await Promise.all(
      service.endpoints.map(async (endpoint) => (await hosts.ask(endpoint.host, at(endpoint), 10)).ok),
    );
    const found = service.endpoints.filter((_, index) => answers[index]);
    return [[service.name, found.length === 1 ? found[0]?.host : undefined] as const];
  });
  return new Map((await Promise.all(asked)).flat());
}

/** Of the quorum services of a role only the first: the others are ports of the same voters. */
function leading({ services }: Topology): readonly Service[] {
  const all = [...services.values()];
  const isFirst = ({ role, name }: Service): boolean => all.find((one) => one.role === role)?.name === name;
  return all.filter((service) => service.redundancy !== "quorum" || isFirst(service));
}

/** A leader or an address that has moved. */
export interface Moved {
  readonly service: string;
  readonly from: string | undefined;
  /** `sql: db1 → db2`. */
  readonly words: string;
}

/** The moves between two looks. */
export function movesBetween(before: Leaders, after: Leaders): readonly Moved[] {
  return [...after].flatMap(([service, now]) => {
    const from = before.get(service);
    return from === now
      ? []
      : [{ service, from, words: `${service}: ${from ?? "nobody"} → ${now ?? "nobody"}` }];
  });
}
