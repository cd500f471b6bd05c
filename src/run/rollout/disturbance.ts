import { eachOf } from "../../base/concurrency.ts";
import type { Failure } from "../../model/failure.ts";
import type { Change } from "../../model/plan.ts";
import type { Endpoint, Service, Topology } from "../../model/topology.ts";
import { peerSession } from "../connect/peer-session.ts";
import type { RoleTopology } from "../observe/desired.ts";
import type { OpenHost } from "../observe/host.ts";
import type { Run } from "../state.ts";
import { isDisruptive } from "./batches.ts";
import { drainingUsers, isDrained } from "./drain.ts";
import { unhealthy } from "./gate.ts";

/** By host: its roles whose services the coming changes may take away for a moment. */
export type Disturbed = ReadonlyMap<string, ReadonlySet<string>>;

export function disturbedBy(
  hosts: readonly Pick<OpenHost, "name" | "plan">[],
  selection: (change: Change) => boolean,
): Disturbed {
  const disturbed = hosts.map(({ name, plan }): [string, ReadonlySet<string>] => [
    name,
    new Set(
      plan.changes.filter((change) => selection(change) && isDisruptive(change)).map(({ role }) => role),
    ),
  ]);
  return new Map(disturbed.filter(([, roles]) => roles.size > 0));
}

/** The services of these roles. */
function servicesOf(topology: Topology, roles: ReadonlySet<string>): readonly Service[] {
  return [...topology.services.values()].filter(({ role }) => roles.has(role));
}

/** The services that these changes disturb on any host. */
export function disturbedServices(topology: Topology, disturbed: Disturbed): readonly Service[] {
  return servicesOf(topology, new Set([...disturbed.values()].flatMap((roles) => [...roles])));
}

/** What these roles provide on one host. */
export function endpointsOf(
  topology: Topology,
  host: string,
  roles: ReadonlySet<string>,
): readonly Endpoint[] {
  return servicesOf(topology, roles).flatMap(({ endpoints }) => endpoints.filter((one) => one.host === host));
}

/**
 * What these roles provide on one host, as far as the host's own stage waits for it: a proxy is healthy when what it leads to is,
 * and that may come in a later stage.
 */
export function gatedEndpointsOf(
  topology: Topology,
  host: string,
  roles: ReadonlySet<string>,
): readonly Endpoint[] {
  return endpointsOf(topology, host, roles).filter(({ leadsTo }) => leadsTo === undefined);
}

/** The proxies on a host that these roles use there. */
export function waysOf(topology: Topology, host: string, roles: ReadonlySet<string>): readonly Endpoint[] {
  const used = new Set([...roles].flatMap((role) => topology.needs.get(role) ?? []));
  return [...used]
    .flatMap((name) => topology.services.get(name)?.endpoints ?? [])
    .filter((endpoint) => endpoint.host === host && endpoint.leadsTo !== undefined);
}

/** What the members of services are like, before one of them is disturbed. */
export interface MemberHealth {
  /** Hosts that are not healthy: they said so, are drained, or did not answer. */
  readonly lost: ReadonlySet<string>;
  /** Hosts that another run works on: nobody may disturb their services meanwhile. */
  readonly held: ReadonlyMap<string, Failure>;
}

/**
 * Takes the locks of all members of these services, and of the hosts that drain them, also outside `--limit`; then asks each
 * endpoint once. Who disturbs a member holds the locks of all its members: two runs never disturb one service together.
 */
export async function lookAtMembers(run: Run, services: readonly Service[]): Promise<MemberHealth> {
  const endpoints = services.flatMap((service) => service.endpoints);
  const lost = new Set<string>();
  const held = new Map<string, Failure>();
  const members = new Set(endpoints.map(({ host }) => host));
  const { wanted, reach } = run.input;
  await eachOf([...new Set([...members, ...drainingUsers(wanted, endpoints)])], reach.forks, async (host) => {
    const session = await peerSession(run, host);
    if (session.ok) return;
    if (members.has(host)) lost.add(host);
    if (session.error.code === "locked") held.set(host, session.error);
  });
  await eachOf(endpoints, reach.forks, async (endpoint) => {
    const session = await peerSession(run, endpoint.host);
    if (!session.ok) return;
    if (isDrained(run.open, endpoint) || (await unhealthy(session.value, endpoint))) lost.add(endpoint.host);
  });
  return { lost, held };
}

/** Why a host must not be disturbed now: another run works on a member of its services, or on a host that drains them. */
export function heldByOthers(
  roleTopology: RoleTopology,
  host: string,
  services: readonly Service[],
  { held }: MemberHealth,
): Failure | undefined {
  for (const { name, endpoints } of services) {
    if (!endpoints.some((endpoint) => endpoint.host === host)) continue;
    const needed = [...endpoints.map((endpoint) => endpoint.host), ...drainingUsers(roleTopology, endpoints)];
    const taken = needed.flatMap((other) => held.get(other) ?? []);
    const [first] = taken;
    if (first === undefined) continue;
    const message = `${host}: skipped. One run at a time may disturb \`${name}\`, and ${first.message}`;
    return { code: "locked", message, hint: "wait until that run has ended, then run again" };
  }
  return undefined;
}
