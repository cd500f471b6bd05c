import { onHost } from "../../base/concurrency.ts";
import type { Failure } from "../../model/failure.ts";
import type { Change, Stage } from "../../model/plan.ts";
import type { Endpoint, Topology } from "../../model/topology.ts";
import { convergeHost, type Selection } from "../converge/converge.ts";
import { fail } from "../failed-host.ts";
import { interrupted } from "../failures.ts";
import type { OpenHost } from "../observe/host.ts";
import type { Run } from "../state.ts";
import { lostDependency } from "./batches.ts";
import { type Disturbed, endpointsOf, gatedEndpointsOf, waysOf } from "./disturbance.ts";
import { drain, restore } from "./drain.ts";
import { isHealthyWithin, leaveGates, passGates, unhealthy } from "./gate.ts";
import { moveLeaderAway } from "./move-leader.ts";

/** Seconds that a proxy may need to notice a healthy endpoint. */
const waySeconds = 5;

/** What a stage wants of its members. */
interface MemberWork {
  readonly stage: Stage;
  readonly inThis: (change: Change) => boolean;
  readonly disturbed: Disturbed;
}

/** Changes a member that serves: it is no leader any more, its users drain it, it changes, its users take it back. */
export async function changeServingMember(run: Run, host: OpenHost, work: MemberWork): Promise<void> {
  if (!mayChange(run, host, work.stage)) return;
  const roles = work.disturbed.get(host.name) ?? new Set();
  const disturbed = endpointsOf(run.input.wanted.topology, host.name, roles);
  const inStage = gatedEndpointsOf(run.input.wanted.topology, host.name, new Set(work.stage.roles));
  await waitForWays(run, host, work.stage);
  const stays = await moveLeaderAway(run, host, roles);
  if (stays !== undefined) return fail(run, host.name, stays);
  await drain(run, disturbed);
  if (!run.failures.has(host.name)) await changeHost(run, host, work.inThis, inStage);
  await restoreHealthy(run, host, disturbed);
}

/** Changes a member that does not serve, or whose changes disturb nothing. */
export async function changeMember(run: Run, host: OpenHost, work: MemberWork): Promise<void> {
  if (!mayChange(run, host, work.stage)) return;
  const roles = new Set(work.stage.roles);
  await waitForWays(run, host, work.stage);
  await changeHost(run, host, work.inThis, gatedEndpointsOf(run.input.wanted.topology, host.name, roles));
}

/** A proxy may need a moment to notice that what it leads to is healthy now. Where it stays unhealthy, the change goes on. */
async function waitForWays(
  { input }: Pick<Run, "input">,
  { name, session }: Pick<OpenHost, "name" | "session">,
  { roles }: Stage,
): Promise<void> {
  for (const way of waysOf(input.wanted.topology, name, new Set(roles)))
    await isHealthyWithin(session, way, waySeconds);
}

/** Makes changes of one host; then each of these endpoints must get healthy. */
export async function changeHost(
  run: Run,
  host: OpenHost,
  selection: Selection,
  endpoints: readonly Endpoint[],
): Promise<void> {
  const { input } = run;
  if (input.caller.stop.requested) return fail(run, host.name, interrupted(host.name));
  const change = async (): Promise<Failure | undefined> =>
    (await convergeHost(input, host, selection, leaveGates(endpoints))) ??
    (await passGates(input.caller, host, endpoints));
  const failure = await onHost(host.name, change, (thrown) => thrown);
  if (failure !== undefined) fail(run, host.name, failure);
}

/** Also where the change has failed, as long as the endpoint is healthy. */
async function restoreHealthy(
  run: Run,
  { name, session }: Pick<OpenHost, "name" | "session">,
  endpoints: readonly Endpoint[],
): Promise<void> {
  for (const endpoint of endpoints) {
    if (run.failures.has(name) && (await unhealthy(session, endpoint))) continue;
    const failure = await restore(run, [endpoint]);
    if (failure !== undefined) fail(run, name, failure);
  }
}

/** A host is not changed in a run that stops, nor where too few members are left of a service that it needs. */
function mayChange(run: Run, { name }: Pick<OpenHost, "name">, stage: Stage): boolean {
  const { wanted, caller } = run.input;
  const lost = new Set(run.failures.keys());
  const failure = caller.stop.requested
    ? interrupted(name)
    : lostDependency(name, playedIn(wanted.topology, stage, name), wanted.topology, lost);
  if (failure !== undefined) fail(run, name, failure);
  return failure === undefined;
}

function playedIn(topology: Topology, stage: Stage, name: string): readonly string[] {
  return topology.hosts
    .filter(({ host }) => host.name === name)
    .flatMap(({ members }) => members.map(({ role }) => role))
    .filter((role) => stage.roles.includes(role));
}
