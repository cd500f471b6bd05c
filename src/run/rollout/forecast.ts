import type { Batch, Change, ReducedService, Rollout, Stage } from "../../model/plan.ts";
import type { Endpoint, Service } from "../../model/topology.ts";
import type { Run } from "../state.ts";
import { batchesOf } from "./batches.ts";
import { type Disturbed, disturbedBy, disturbedServices, endpointsOf } from "./disturbance.ts";
import { drainingUsers, drainSeconds, restoreSeconds } from "./drain.ts";
import { defaultSeconds } from "./gate.ts";
import { byRank } from "./rank.ts";

/** How the stages that disturb what runs will be rolled out: the batches, if every member that answered is healthy. */
export function rolloutsOf(state: Run, stages: readonly Stage[]): readonly Rollout[] {
  return stages.flatMap((stage) => {
    const inThis = ({ role, orphan }: Change): boolean => stage.roles.includes(role) && orphan !== true;
    const hosts = stage.hosts.flatMap((name) => state.open.get(name) ?? []);
    const busy = hosts.filter(({ plan }) => plan.changes.some(inThis));
    const disturbed = disturbedBy(busy, inThis);
    if (disturbed.size === 0) return [];
    const services = disturbedServices(state, disturbed);
    const lost = new Set(state.failures.keys());
    const batches = byRank(state, stage, busy).flatMap((names) => {
      const calm = names.filter((name) => !disturbed.has(name));
      const rolling = batchesOf(
        names.filter((name) => disturbed.has(name)),
        services,
        lost,
      );
      return calm.length === 0 ? rolling : [calm, ...rolling];
    });
    return { stage: stage.name, batches: batches.map((names) => batchOf(state, names, disturbed)) };
  });
}

function batchOf(state: Run, hosts: readonly string[], disturbed: Disturbed): Batch {
  const endpoints = hosts.flatMap((name) => endpointsOf(state, name, disturbed.get(name) ?? new Set()));
  const services = [...new Set(endpoints.map(({ service }) => service))].flatMap(
    (name) => state.input.topology.services.get(name) ?? [],
  );
  return {
    hosts,
    services: services.map((service) => reduced(state, service, hosts)),
    seconds: Math.max(0, ...endpoints.map((endpoint) => secondsOf(state, endpoint))),
  };
}

function reduced(
  { failures }: Run,
  { name, floor, endpoints }: Service,
  batch: readonly string[],
): ReducedService {
  const members = [...new Set(endpoints.map(({ host }) => host))];
  const serving = members.filter((host) => !batch.includes(host) && !failures.has(host)).length;
  return { name, members: members.length, serving, floor };
}

/** The waits of one member: its users drain it, it gets healthy, its users take it back. */
function secondsOf(state: Run, endpoint: Endpoint): number {
  const waits = drainingUsers(state, [endpoint]).length === 0 ? 0 : drainSeconds + restoreSeconds;
  return waits + (endpoint.startSeconds ?? defaultSeconds);
}
