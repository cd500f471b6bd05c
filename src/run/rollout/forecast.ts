import type { Batch, ReducedService, Rollout, Stage } from "../../model/plan.ts";
import type { Endpoint, Service } from "../../model/topology.ts";
import type { RoleTopology } from "../observe/desired.ts";
import type { Run } from "../state.ts";
import { batchesOf, ofStage } from "./batches.ts";
import { type Disturbed, disturbedBy, disturbedServices, endpointsOf } from "./disturbance.ts";
import { drainingUsers, drainSeconds, restoreSeconds } from "./drain.ts";
import { defaultSeconds } from "./gate.ts";
import { byRank } from "./rank.ts";

/** How the stages that disturb what runs will be rolled out: the batches, if every member that answered is healthy. */
export function rolloutsOf(run: Run, stages: readonly Stage[]): readonly Rollout[] {
  const { wanted } = run.input;
  return stages.flatMap((stage) => {
    const inThis = ofStage(stage);
    const hosts = stage.hosts.flatMap((name) => run.open.get(name) ?? []);
    const busy = hosts.filter(({ plan }) => plan.changes.some(inThis));
    const disturbed = disturbedBy(busy, inThis);
    if (disturbed.size === 0) return [];
    const services = disturbedServices(wanted.topology, disturbed);
    const lost = new Set(run.failures.keys());
    const batches = byRank(run, stage, busy).flatMap(({ names, together }) => {
      const calm = names.filter((name) => together.length > 0 || !disturbed.has(name));
      const rolling = batchesOf(
        names.filter((name) => !calm.includes(name)),
        services,
        lost,
      );
      return calm.length === 0 ? rolling : [calm, ...rolling];
    });
    return { stage: stage.name, batches: batches.map((names) => batchOf(wanted, lost, names, disturbed)) };
  });
}

function batchOf(
  wanted: RoleTopology,
  lost: ReadonlySet<string>,
  hosts: readonly string[],
  disturbed: Disturbed,
): Batch {
  const endpoints = hosts.flatMap((name) =>
    endpointsOf(wanted.topology, name, disturbed.get(name) ?? new Set()),
  );
  const services = [...new Set(endpoints.map(({ service }) => service))].flatMap(
    (name) => wanted.topology.services.get(name) ?? [],
  );
  return {
    hosts,
    services: services.map((service) => reduced(service, hosts, lost)),
    seconds: Math.max(0, ...endpoints.map((endpoint) => secondsOf(wanted, endpoint))),
  };
}

function reduced(
  { name, floor, endpoints }: Service,
  batch: readonly string[],
  lost: ReadonlySet<string>,
): ReducedService {
  const members = [...new Set(endpoints.map(({ host }) => host))];
  const serving = members.filter((host) => !batch.includes(host) && !lost.has(host)).length;
  return { name, members: members.length, serving, floor };
}

/** The waits of one member: its users drain it, it gets healthy, its users take it back. */
function secondsOf(roleTopology: RoleTopology, endpoint: Endpoint): number {
  const waits = drainingUsers(roleTopology, [endpoint]).length === 0 ? 0 : drainSeconds + restoreSeconds;
  return waits + (endpoint.startSeconds ?? defaultSeconds);
}
