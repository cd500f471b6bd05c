import { listed } from "../../base/listed.ts";
import type { Failure } from "../../model/failure.ts";
import type { Change, Stage } from "../../model/plan.ts";
import type { Service, Topology } from "../../model/topology.ts";

/** Which changes a stage carries out: those of its roles, but no removals of orphans, which come last. */
export const ofStage =
  ({ roles }: Stage) =>
  ({ role, orphan }: Change): boolean =>
    roles.includes(role) && orphan !== true;

/** Whether a change may take a running endpoint out of service for a moment. */
export function isDisruptive(change: Change): boolean {
  return change.trigger !== undefined && change.observed.status === "present";
}

/** Which hosts may be changed at the same time now, and which may not be changed at all. */
export interface NextBatch {
  readonly batch: readonly string[];
  readonly refused: ReadonlyMap<string, Failure>;
}

/**
 * Of hosts whose changes disturb what runs, those that may be changed now: as many as the floor of each service bears.
 * `lost`: hosts that are not healthy now; to change one of these takes nothing away. Where no host fits, those that wait for
 * a lost one are refused; a service that has no member to spare even when all are healthy is changed one host at a time,
 * rather than never.
 */
export function nextBatch(
  waiting: readonly string[],
  services: readonly Service[],
  lost: ReadonlySet<string>,
): NextBatch {
  const batch: string[] = [];
  for (const host of waiting) {
    if (services.every((service) => bears(service, host, new Set([...lost, ...batch])))) batch.push(host);
  }
  const refused = new Map<string, Failure>();
  if (batch.length > 0) return { batch, refused };
  for (const host of waiting) {
    const failure = floorBroken(host, services, lost);
    if (failure !== undefined) refused.set(host, failure);
  }
  return { batch: waiting.filter((host) => !refused.has(host)).slice(0, 1), refused };
}

/** Whether a service may lose this host too, when it has lost those. */
function bears({ endpoints, floor }: Service, host: string, out: ReadonlySet<string>): boolean {
  if (out.has(host) || !endpoints.some((endpoint) => endpoint.host === host)) return true;
  return membersLeft(endpoints, new Set([...out, host])) >= floor;
}

/** All batches that these hosts would be changed in, if every member stayed as it is now. */
export function batchesOf(
  hosts: readonly string[],
  services: readonly Service[],
  lost: ReadonlySet<string> = new Set(),
): readonly (readonly string[])[] {
  const batches: (readonly string[])[] = [];
  let waiting = hosts;
  while (waiting.length > 0) {
    const { batch, refused } = nextBatch(waiting, services, lost);
    if (batch.length > 0) batches.push(batch);
    waiting = waiting.filter((host) => !batch.includes(host) && !refused.has(host));
  }
  return batches;
}

/** How many members of a service are not among these hosts. */
function membersLeft(endpoints: Service["endpoints"], lost: ReadonlySet<string>): number {
  return new Set(endpoints.map(({ host }) => host).filter((host) => !lost.has(host))).size;
}

/** Why a host must not be worked on now: too few members are left of a service that its roles need. */
export function lostDependency(
  host: string,
  roles: readonly string[],
  topology: Topology,
  lost: ReadonlySet<string>,
): Failure | undefined {
  for (const role of roles) {
    for (const name of topology.needs.get(role) ?? []) {
      const service = topology.services.get(name);
      if (service === undefined) continue;
      const { endpoints, minimum } = service;
      const left = membersLeft(endpoints, lost);
      if (left >= minimum) continue;
      const gone = endpoints.map((endpoint) => endpoint.host).filter((member) => lost.has(member));
      return {
        code: "dependency-failed",
        message: `${host}: skipped. \`${role}\` needs \`${name}\`, which has ${left} of at least ${minimum} members left (lost: ${gone.join(", ")})`,
      };
    }
  }
  return undefined;
}

/** Why a running member must not be touched: others of its service are not healthy. */
function floorBroken(
  host: string,
  services: readonly Service[],
  lost: ReadonlySet<string>,
): Failure | undefined {
  for (const service of services) {
    if (bears(service, host, lost)) continue;
    const { name, role, floor, endpoints } = service;
    const members = [...new Set(endpoints.map((endpoint) => endpoint.host))];
    const gone = members.filter((member) => lost.has(member));
    if (gone.length === 0) continue;
    return {
      code: "dependency-failed",
      message: `${host}: skipped. ${listed(gone)} ${gone.length === 1 ? "is" : "are"} not healthy, and \`${name}\` must keep ${floor} of ${members.length} members healthy`,
      hint: `mend ${listed(gone)} first; or give the role \`${role}\` a lower \`floor\``,
    };
  }
  return undefined;
}
