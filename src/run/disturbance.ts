import type { Change } from "../model/plan.ts";
import type { Endpoint, Service } from "../model/topology.ts";
import { eachOf } from "./concurrency.ts";
import { isDrained } from "./drain.ts";
import { unhealthy } from "./gate.ts";
import type { OpenHost } from "./host.ts";
import { isDisruptive } from "./rollout.ts";
import type { Run } from "./state.ts";

/** By host: its roles whose services the coming changes may take away for a moment. */
export type Disturbed = ReadonlyMap<string, ReadonlySet<string>>;

export function disturbedBy(hosts: readonly OpenHost[], selection: (change: Change) => boolean): Disturbed {
  const disturbed = hosts.map(({ name, plan }): [string, ReadonlySet<string>] => [
    name,
    new Set(
      plan.changes.filter((change) => selection(change) && isDisruptive(change)).map(({ role }) => role),
    ),
  ]);
  return new Map(disturbed.filter(([, roles]) => roles.size > 0));
}

/** The services of these roles. */
export function servicesOf(state: Run, roles: ReadonlySet<string>): readonly Service[] {
  return [...state.input.topology.services.values()].filter(({ role }) => roles.has(role));
}

/** What these roles provide on one host. */
export function endpointsOf(state: Run, host: string, roles: ReadonlySet<string>): readonly Endpoint[] {
  return servicesOf(state, roles).flatMap(({ endpoints }) => endpoints.filter((one) => one.host === host));
}

/** Hosts of which one of these endpoints cannot be counted on: not well, or let go of by its users. */
export async function sickMembers(state: Run, endpoints: readonly Endpoint[]): Promise<ReadonlySet<string>> {
  const sick = await eachOf(endpoints, state.input.forks, async (endpoint) => {
    const host = state.open.get(endpoint.host);
    const lost = host !== undefined && (isDrained(state, endpoint) || (await unhealthy(host, endpoint)));
    return lost ? [endpoint.host] : [];
  });
  return new Set(sick.flat());
}
