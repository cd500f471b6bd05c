import { eachOf, onHost, onHostNow } from "../../base/concurrency.ts";
import type { Failure } from "../../model/failure.ts";
import type { Change, Stage } from "../../model/plan.ts";
import type { ResourceId } from "../../model/resource.ts";
import type { Endpoint, Service } from "../../model/topology.ts";
import { convergeHost, type Selection } from "../converge/converge.ts";
import { interrupted } from "../failures.ts";
import type { OpenHost } from "../observe/host.ts";
import { fail, type Run } from "../state.ts";
import { lostDependency, nextBatch } from "./batches.ts";
import {
  type Disturbed,
  disturbedBy,
  disturbedServices,
  endpointsOf,
  heldByOthers,
  lookAtMembers,
  type MemberHealth,
} from "./disturbance.ts";
import { drain, leftDrained, restore } from "./drain.ts";
import { gateMark, leaveGates, passGates, unhealthy } from "./gate.ts";
import { handOver } from "./handover.ts";
import { byRank } from "./rank.ts";

/** Changes that touch no running service, on all hosts at once; then the stages of the topology, each behind a gate. */
export async function convergeStages(state: Run, stages: readonly Stage[]): Promise<void> {
  await restoreLeft(state);
  await convergeEarly(state);
  for (const stage of stages) await convergeStage(state, stage);
  await restoreLeft(state);
  await prune(state);
}

async function convergeEarly(state: Run): Promise<void> {
  const { input } = state;
  const early = new Map(
    [...state.open.values()].map((host) => [
      host,
      onHostNow(
        host.name,
        () => earlyChanges(state, host),
        (failure) => {
          fail(state, host.name, failure);
          return new Set<ResourceId>();
        },
      ),
    ]),
  );
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
  const roles = new Set(stage.roles);
  const inThis: Selection = (change) => roles.has(change.role) && !isOrphan(change);
  const busy = stage.hosts
    .flatMap((name) => state.open.get(name) ?? [])
    .filter((host) => !state.failures.has(host.name))
    .filter((host) => host.plan.changes.some(inThis) || owesGate(host, endpointsOf(state, host.name, roles)));
  if (busy.length === 0) return;
  const disturbed = disturbedBy(busy, inThis);
  const services = disturbedServices(state, disturbed);
  await inStage(state, stage, countOf(busy, inThis), async () => {
    const work: StageWork = { stage, inThis, disturbed, services, health: undefined };
    for (const names of byRank(state, stage, busy)) await convergeRank(state, work, names);
  });
}

/** What one stage has to do. */
interface StageWork {
  readonly stage: Stage;
  readonly inThis: Selection;
  readonly disturbed: Disturbed;
  /** The services that it disturbs. */
  readonly services: readonly Service[];
  /** What their members are like; `undefined` when it is not known any more. */
  health: MemberHealth | undefined;
}

/**
 * First what disturbs nothing, and what does not serve, so that the others find it healthy again; then batch after batch, each
 * as large as the floors bear at that moment.
 */
async function convergeRank(state: Run, work: StageWork, names: readonly string[]): Promise<void> {
  const disturbing = names.filter((name) => work.disturbed.has(name));
  if (disturbing.length > 0) work.health ??= await lookAtMembers(state, work.services);
  const serving = disturbing.filter((name) => work.health?.lost.has(name) !== true);
  await convergeBatch(
    state,
    work,
    names.filter((name) => !serving.includes(name)),
    new Map(),
  );
  let waiting = serving;
  while (waiting.length > 0) {
    work.health ??= await lookAtMembers(state, work.services);
    const { health } = work;
    const free = waiting.filter(
      (name) => !refuse(state, name, heldByOthers(state, name, work.services, health)),
    );
    const { batch, refused } = nextBatch(free, work.services, health.lost);
    for (const [name, failure] of refused) refuse(state, name, failure);
    await convergeBatch(state, work, batch, work.disturbed);
    waiting = free.filter((name) => !batch.includes(name) && !refused.has(name));
  }
}

function refuse(state: Run, name: string, failure: Failure | undefined): boolean {
  if (failure !== undefined) fail(state, name, failure);
  return failure !== undefined;
}

async function convergeBatch(
  state: Run,
  work: StageWork,
  batch: readonly string[],
  disturbed: Disturbed,
): Promise<void> {
  if (batch.length === 0) return;
  const { stage, inThis } = work;
  const convergeMember = async (name: string): Promise<void> => {
    const host = state.open.get(name);
    if (host === undefined || !mayTouch(state, stage, host)) return;
    const endpoints = endpointsOf(state, name, new Set(stage.roles));
    const roles = disturbed.get(name);
    if (roles === undefined) return convergeOne(state, host, inThis, endpoints);
    return drainChangeRestore(state, host, roles, () => convergeOne(state, host, inThis, endpoints));
  };
  await eachOf(batch, state.input.forks, (name) =>
    onHost(
      name,
      () => convergeMember(name),
      (failure) => fail(state, name, failure),
    ),
  );
  work.health = undefined;
}

/** Out of use, changed, and back into use: also when the change has failed, as long as the member is well. */
async function drainChangeRestore(
  state: Run,
  host: OpenHost,
  roles: ReadonlySet<string>,
  change: () => Promise<void>,
): Promise<void> {
  if (state.input.stop.requested) return fail(state, host.name, interrupted(host.name));
  const failure = await handOver(state, host, roles);
  if (failure !== undefined) return fail(state, host.name, failure);
  const endpoints = endpointsOf(state, host.name, roles);
  await drain(state, endpoints);
  if (!state.failures.has(host.name)) await change();
  for (const endpoint of endpoints) {
    if (state.failures.has(host.name) && (await unhealthy(host.session, endpoint))) continue;
    const unrestored = await restore(state, [endpoint]);
    if (unrestored !== undefined) fail(state, host.name, unrestored);
  }
}

/** What an earlier run has taken out of use, and did not live to put back. */
async function restoreLeft(state: Run): Promise<void> {
  for (const endpoint of leftDrained(state)) {
    const host = state.open.get(endpoint.host);
    if (host === undefined) continue;
    const put = async (): Promise<Failure | undefined> =>
      (await unhealthy(host.session, endpoint)) ? undefined : restore(state, [endpoint]);
    const failure = await onHost(host.name, put, (thrown) => thrown);
    if (failure !== undefined) fail(state, endpoint.host, failure);
  }
}

/** A gate that an earlier run has left unpassed: its service was changed, and not seen healthy since. */
function owesGate(host: OpenHost, endpoints: readonly Endpoint[]): boolean {
  return endpoints.some((endpoint) => host.marks.has(gateMark(endpoint)));
}

function mayTouch(state: Run, stage: Stage, host: OpenHost): boolean {
  const failure = state.input.stop.requested
    ? interrupted(host.name)
    : lostDependency(
        host.name,
        playedIn(state, stage, host),
        state.input.topology,
        new Set(state.failures.keys()),
      );
  return !refuse(state, host.name, failure);
}

function playedIn({ input }: Run, stage: Stage, { name }: OpenHost): readonly string[] {
  return input.topology.hosts
    .filter(({ host }) => host.name === name)
    .flatMap(({ members }) => members.map(({ role }) => role))
    .filter((role) => stage.roles.includes(role));
}

async function convergeOne(
  state: Run,
  host: OpenHost,
  selection: Selection,
  endpoints: readonly Endpoint[],
): Promise<void> {
  if (state.input.stop.requested) return fail(state, host.name, interrupted(host.name));
  const work = async (): Promise<Failure | undefined> =>
    (await convergeHost(state.input, host, selection, leaveGates(endpoints))) ??
    (await passGates(state.input, host, endpoints));
  const failure = await onHost(host.name, work, (thrown) => thrown);
  if (failure !== undefined) fail(state, host.name, failure);
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
