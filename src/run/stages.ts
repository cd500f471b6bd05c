import type { Change, Stage } from "../model/plan.ts";
import type { ResourceId } from "../model/resource.ts";
import type { Endpoint, Service } from "../model/topology.ts";
import { eachOf } from "./concurrency.ts";
import { convergeHost, interrupted, type Selection } from "./converge.ts";
import { passGates } from "./gate.ts";
import type { OpenHost } from "./host.ts";
import { batchesOf, floorBroken, isDisruptive, lostDependency } from "./rollout.ts";
import { fail, type Run } from "./state.ts";

/** Changes that touch no running service, on all hosts at once; then the stages of the topology, each behind a gate. */
export async function convergeStages(state: Run, stages: readonly Stage[]): Promise<void> {
  await convergeEarly(state);
  for (const stage of stages) await convergeStage(state, stage);
  await prune(state);
}

async function convergeEarly(state: Run): Promise<void> {
  const { input } = state;
  const early = new Map([...state.open.values()].map((host) => [host, earlyChanges(state, host)]));
  const busy = [...early.keys()].filter(
    (host) => early.get(host)?.size !== 0 && !state.failures.has(host.name),
  );
  if (busy.length === 0) return;
  const stage: Stage = { name: "packages", roles: [], hosts: busy.map((host) => host.name) };
  const count = busy.reduce((sum, host) => sum + (early.get(host)?.size ?? 0), 0);
  await inStage(state, stage, count, async () => {
    await eachOf(busy, input.forks, (host) =>
      convergeOne(state, host, (change) => early.get(host)?.has(change.id) === true, []),
    );
  });
}

function earlyChanges(state: Run, { plan: { changes } }: OpenHost): ReadonlySet<ResourceId> {
  const early = changes.filter((change, index) =>
    state.input.kinds.get(change.resource.kind)?.early?.(change, changes.slice(0, index)),
  );
  return new Set(early.map(({ id }) => id));
}

async function convergeStage(state: Run, stage: Stage): Promise<void> {
  const { input } = state;
  const inThis = (change: Change): boolean => stage.roles.includes(change.role) && !isOrphan(change);
  const busy = stage.hosts
    .flatMap((name) => state.open.get(name) ?? [])
    .filter((host) => !state.failures.has(host.name) && host.plan.changes.some(inThis));
  if (busy.length === 0) return;
  const services = [...input.topology.services.values()].filter(({ role }) => stage.roles.includes(role));
  const disruptive = new Set(
    busy.filter((host) => host.plan.changes.some((c) => inThis(c) && isDisruptive(c))).map((h) => h.name),
  );
  const batches = batchesOf(
    busy.map((host) => host.name),
    disruptive,
    services,
  );
  await inStage(state, stage, countOf(busy, inThis), async () => {
    for (const batch of batches) {
      const hosts = batch.flatMap((name) => state.open.get(name) ?? []);
      const ready = hosts.filter((host) =>
        mayTouch(state, stage, host, disruptive.has(host.name) ? services : []),
      );
      await eachOf(ready, input.forks, (host) =>
        convergeOne(state, host, inThis, endpointsOf(host, services)),
      );
    }
  });
}

function mayTouch(state: Run, stage: Stage, host: OpenHost, disturbed: readonly Service[]): boolean {
  if (state.input.stop.requested) {
    fail(state, host.name, interrupted(host.name));
    return false;
  }
  const lost = new Set(state.failures.keys());
  const roles = state.input.topology.hosts
    .filter((one) => one.host.name === host.name)
    .flatMap(({ members }) => members.map((member) => member.role))
    .filter((role) => stage.roles.includes(role));
  const failure =
    lostDependency(host.name, roles, state.input.topology, lost) ?? floorBroken(host.name, disturbed, lost);
  if (failure !== undefined) fail(state, host.name, failure);
  return failure === undefined;
}

async function convergeOne(
  state: Run,
  host: OpenHost,
  selection: Selection,
  endpoints: readonly Endpoint[],
): Promise<void> {
  if (state.input.stop.requested) return fail(state, host.name, interrupted(host.name));
  const failure =
    (await convergeHost(state.input, host, selection)) ?? (await passGates(state.input, host, endpoints));
  if (failure !== undefined) fail(state, host.name, failure);
}

function endpointsOf(host: OpenHost, services: readonly Service[]): readonly Endpoint[] {
  return services.flatMap(({ endpoints }) => endpoints.filter((endpoint) => endpoint.host === host.name));
}

/** Last, because what is removed may still be in use until its successor serves. */
async function prune(state: Run): Promise<void> {
  const busy = [...state.open.values()].filter(
    (host) => !state.failures.has(host.name) && host.plan.changes.some(isOrphan),
  );
  if (busy.length === 0) return;
  const stage: Stage = { name: "prune", roles: [], hosts: busy.map((host) => host.name) };
  await inStage(state, stage, countOf(busy, isOrphan), async () => {
    await eachOf(busy, state.input.forks, (host) => convergeOne(state, host, isOrphan, []));
  });
}

const isOrphan = (change: Change): boolean => change.orphan === true;

function countOf(hosts: readonly OpenHost[], selection: (change: Change) => boolean): number {
  return hosts.reduce((sum, host) => sum + host.plan.changes.filter(selection).length, 0);
}

async function inStage(state: Run, stage: Stage, changes: number, work: () => Promise<void>): Promise<void> {
  const { input } = state;
  const started = input.now();
  input.emit({ type: "stage-started", stage, changes });
  await work();
  input.emit({ type: "stage-finished", stage, ms: input.now() - started });
}
