import type { Failure } from "../model/failure.ts";
import type { Change } from "../model/plan.ts";
import type { Service, Topology } from "../model/topology.ts";

/** Whether a change may take a running endpoint out of service for a moment. */
export function isDisruptive(change: Change): boolean {
  return change.trigger !== undefined && change.observed.status === "present";
}

/**
 * Splits the hosts of a stage into batches, so that never more members of a service are touched at once than its
 * floor bears. Hosts whose changes disturb nothing all go in the first batch.
 */
export function batchesOf(
  hosts: readonly string[],
  disruptive: ReadonlySet<string>,
  services: readonly Service[],
): readonly (readonly string[])[] {
  const calm = hosts.filter((host) => !disruptive.has(host));
  const batches: string[][] = calm.length === 0 ? [] : [calm];
  let waiting = hosts.filter((host) => disruptive.has(host));
  while (waiting.length > 0) {
    const batch: string[] = [];
    for (const host of waiting) if (fits([...batch, host], services)) batch.push(host);
    // A service that has no member to spare still has to be changed: one host at a time.
    if (batch.length === 0) batch.push(...waiting.slice(0, 1));
    batches.push(batch);
    waiting = waiting.filter((host) => !batch.includes(host));
  }
  return batches;
}

function fits(batch: readonly string[], services: readonly Service[]): boolean {
  return services.every(({ endpoints, floor }) => {
    const out = endpoints.filter((endpoint) => batch.includes(endpoint.host)).length;
    return out === 0 || endpoints.length - out >= floor;
  });
}

/** Members of a service that are not known to be lost. */
function membersLeft(service: Service, lost: ReadonlySet<string>): number {
  return new Set(
    service.endpoints.filter((endpoint) => !lost.has(endpoint.host)).map((endpoint) => endpoint.host),
  ).size;
}

/** Why a host must not be worked on now: a service its roles need has lost too many members. */
export function lostDependency(
  host: string,
  roles: readonly string[],
  topology: Topology,
  lost: ReadonlySet<string>,
): Failure | undefined {
  for (const role of roles) {
    for (const name of topology.needs.get(role) ?? []) {
      const service = topology.services.get(name);
      if (service === undefined || membersLeft(service, lost) >= service.floor) continue;
      const gone = service.endpoints.map((endpoint) => endpoint.host).filter((member) => lost.has(member));
      return {
        code: "dependency-failed",
        message: `${host}: \`${role}\` needs ${name}, which has ${membersLeft(service, lost)} of at least ${service.floor} members left (lost: ${gone.join(", ")})`,
      };
    }
  }
  return undefined;
}

/** Why a running member must not be touched: others of its service were lost already. */
export function floorBroken(
  host: string,
  services: readonly Service[],
  lost: ReadonlySet<string>,
): Failure | undefined {
  for (const service of services) {
    if (!service.endpoints.some((endpoint) => endpoint.host === host)) continue;
    const gone = service.endpoints.map((endpoint) => endpoint.host).filter((member) => lost.has(member));
    if (gone.length === 0 || membersLeft(service, new Set([...lost, host])) >= service.floor) continue;
    return {
      code: "dependency-failed",
      message: `${host}: left as it is, because ${gone.join(", ")} cannot be counted on: ${service.name} must keep ${service.floor} healthy of ${service.endpoints.length}`,
    };
  }
  return undefined;
}
