import type { Change, Stage } from "../model/plan.ts";
import type { ResourceId } from "../model/resource.ts";
import type { Endpoint } from "../model/topology.ts";
import { eachOf } from "./concurrency.ts";
import { convergeHost, type Selection } from "./converge.ts";
import { type Disturbed, disturbedBy, endpointsOf, servicesOf, sickMembers } from "./disturbance.ts";
import { drain, leftDrained, restore } from "./drain.ts";
import { interrupted } from "./failures.ts";
import { gateMark, leaveGates, passGates, unhealthy } from "./gate.ts";
import { handOver } from "./handover.ts";
import type { OpenHost } from "./host.ts";
import { batchesOf, floorBroken, lostDependency } from "./rollout.ts";
import { fail, type Run } from "./state.ts";

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
  const roles = new Set(stage.roles);
  const inThis: Selection = (change) => roles.has(change.role) && !isOrphan(change);
  const busy = stage.hosts
    .flatMap((name) => state.open.get(name) ?? [])
    .filter((host) => !state.failures.has(host.name))
    .filter((host) => host.plan.changes.some(inThis) || owesGate(host, endpointsOf(state, host.name, roles)));
  if (busy.length === 0) return;
  const disturbed = await disturbing(state, disturbedBy(busy, inThis));
  const services = servicesOf(state, new Set([...disturbed.values()].flatMap((own) => [...own])));
  const batches = byRank(state, stage, busy).flatMap((names) =>
    batchesOf(names, new Set(disturbed.keys()), services),
  );
  await inStage(state, stage, countOf(busy, inThis), async () => {
    for (const batch of batches) await convergeBatch(state, stage, batch, inThis, disturbed);
  });
}

/** What does not serve cannot be disturbed: it goes first, so that the others find it well again. */
async function disturbing(state: Run, disturbed: Disturbed): Promise<Disturbed> {
  const serving = await eachOf([...disturbed], state.input.forks, async ([host, roles]) => {
    const sick = await sickMembers(state, endpointsOf(state, host, roles));
    return sick.has(host) ? [] : [[host, roles] as const];
  });
  return new Map(serving.flat());
}

/** Hosts whose roles want to come first, in the first list; and so on. */
function byRank(state: Run, stage: Stage, hosts: readonly OpenHost[]): readonly (readonly string[])[] {
  const { topology, roles } = state.input;
  const ranks = hosts.map(({ name, peers }) => {
    const place = topology.hosts.find(({ host }) => host.name === name);
    const own = (place?.members ?? []).filter(({ role }) => stage.roles.includes(role));
    const wanted = own.map(({ host, role, vars }) => {
      const members = peers.get(role) ?? [];
      return roles.get(role)?.rank?.({ host, vars, address: place?.address ?? name, peers: members }) ?? 0;
    });
    return Math.max(0, ...wanted);
  });
  return [...new Set(ranks)]
    .sort((a, b) => a - b)
    .map((rank) => hosts.filter((_, index) => ranks[index] === rank).map(({ name }) => name));
}

async function convergeBatch(
  state: Run,
  stage: Stage,
  batch: readonly string[],
  inThis: Selection,
  disturbed: Disturbed,
): Promise<void> {
  const ready = await eachOf(batch, state.input.forks, async (name) => {
    const host = state.open.get(name);
    return host !== undefined && (await mayTouch(state, stage, host, disturbed.get(name))) ? [host] : [];
  });
  await eachOf(ready.flat(), state.input.forks, async (host) => {
    const endpoints = endpointsOf(state, host.name, new Set(stage.roles));
    const roles = disturbed.get(host.name);
    if (roles === undefined) return convergeOne(state, host, inThis, endpoints);
    return aside(state, host, roles, () => convergeOne(state, host, inThis, endpoints));
  });
}

/** Out of use, changed, and back into use: also when the change has failed, as long as the member is well. */
async function aside(
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
  await change();
  for (const endpoint of endpoints) {
    if (state.failures.has(host.name) && (await unhealthy(host, endpoint))) continue;
    const unrestored = await restore(state, [endpoint]);
    if (unrestored !== undefined) fail(state, host.name, unrestored);
  }
}

/** What an earlier run has taken out of use, and did not live to put back. */
async function restoreLeft(state: Run): Promise<void> {
  for (const endpoint of leftDrained(state)) {
    const host = state.open.get(endpoint.host);
    if (host === undefined || (await unhealthy(host, endpoint))) continue;
    const failure = await restore(state, [endpoint]);
    if (failure !== undefined) fail(state, endpoint.host, failure);
  }
}

/** A gate that an earlier run has left unpassed: its service was changed, and not seen healthy since. */
function owesGate(host: OpenHost, endpoints: readonly Endpoint[]): boolean {
  return endpoints.some((endpoint) => host.marks.has(gateMark(endpoint)));
}

async function mayTouch(
  state: Run,
  stage: Stage,
  host: OpenHost,
  disturbed: ReadonlySet<string> | undefined,
): Promise<boolean> {
  if (state.input.stop.requested) {
    fail(state, host.name, interrupted(host.name));
    return false;
  }
  const lost = new Set(state.failures.keys());
  const roles = state.input.topology.hosts
    .filter((one) => one.host.name === host.name)
    .flatMap(({ members }) => members.map((member) => member.role))
    .filter((role) => stage.roles.includes(role));
  const services = disturbed === undefined ? [] : servicesOf(state, disturbed);
  const sick = await sickMembers(
    state,
    services.flatMap(({ endpoints }) => endpoints),
  );
  const failure =
    lostDependency(host.name, roles, state.input.topology, lost) ??
    floorBroken(host.name, services, new Set([...lost, ...sick]));
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
    (await convergeHost(state.input, host, selection, leaveGates(endpoints))) ??
    (await passGates(state.input, host, endpoints));
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
