import { eachOf, type Turns, takeTurns } from "../base/concurrency.ts";
import { err } from "../base/result.ts";
import type { Failure } from "../model/failure.ts";
import type { Change, Plan, Stage } from "../model/plan.ts";
import type { Command, HostReport, Outcome, Summary } from "../model/summary.ts";
import type { Topology, TopologyHost } from "../model/topology.ts";
import { guard, type Refusal } from "../plan/guard.ts";
import { changesSince } from "../plan/saved.ts";
import { askOutsider, type ReachedHost, reachHost } from "./connect/connect.ts";
import { writeManifest } from "./converge/write-manifest.ts";
import { fail } from "./failed-host.ts";
import { interrupted, stillDifferent } from "./failures.ts";
import type { RunInput } from "./input.ts";
import { fetchContents } from "./observe/contents.ts";
import { openHost } from "./observe/host.ts";
import { plays } from "./plays.ts";
import { rolloutsOf } from "./rollout/forecast.ts";
import { convergeStages } from "./rollout/stages.ts";
import type { Run } from "./state.ts";

/**
 * Observes the selected hosts, plans, and (apply) carries the plan out, stage by stage. Plan and check are the same
 * code, stopped before anything is changed. Never throws for what hosts do; every failure is in the summary.
 */
export async function run(input: RunInput): Promise<Summary> {
  const state: Run = {
    input,
    started: input.caller.now(),
    open: new Map(),
    known: new Map(),
    peerSessions: new Map(),
    failures: new Map(),
    ended: new Map(),
  };
  const { wanted, reach, policy, caller } = input;
  const hosts = wanted.topology.hosts.filter(({ host }) => policy.selected.has(host.name));
  caller.emit({
    type: "run-started",
    command: policy.command,
    hosts: hosts.map(({ host }) => host.name),
    forks: reach.forks,
  });
  try {
    await openAll(state, hosts);
    const plan = planOf(state, hosts);
    const failed = (host: string, failure: Failure): void => fail(state, host, failure);
    const contents = policy.diff
      ? await fetchContents({ kinds: wanted.kinds, forks: reach.forks }, [...state.open.values()], failed)
      : undefined;
    caller.emit({ type: "plan-ready", ...plan, ...(contents === undefined ? {} : { contents }) });
    if (policy.command === "apply" && !refused(state, plan)) await converge(state, plan);
    return finish(state, hosts);
  } finally {
    for (const session of reach.sessions) void session.close();
  }
}

/**
 * Once through the stages; and once more for what got due only on the way, such as a unit whose file a later stage
 * has written. What is different even then will not come right by itself.
 */
async function converge(state: Run, { stages }: Plan): Promise<void> {
  await convergeStages(state, stages);
  await convergeStages(state, stages);
  for (const host of state.open.values()) {
    if (state.failures.has(host.name)) continue;
    // Also where nothing had to be done: what is as desired now can drift from now on.
    const failure = stillDifferent(host.name, host.plan.changes) ?? (await writeManifest(state.input, host));
    if (failure !== undefined) fail(state, host.name, failure);
  }
}

/** First every host tells its facts, then the roles are asked: what one host's roles want may depend on the others. */
async function openAll(state: Run, hosts: readonly TopologyHost[]): Promise<void> {
  const { input } = state;
  const { forks } = input.reach;
  const outsiders = eachOf(outsidersOf(input), forks, async (host) => {
    const facts = await askOutsider(input, host);
    return facts === undefined ? [] : [[host.host.name, facts] as const];
  });
  const turns = takeTurns();
  const reached = (await eachOf(hosts, forks, (host) => reach(state, host, turns))).flat();
  const told = reached.map(({ host, facts }) => [host.host.name, facts] as const);
  for (const [name, facts] of [...(await outsiders).flat(), ...told]) state.known.set(name, facts);
  await eachOf(reached, forks, async (host) => {
    const { name } = host.host.host;
    const opened = await openHost(input, host, state.known);
    if (opened.ok) return state.open.set(name, opened.value);
    await host.session.close();
    return fail(state, name, opened.error);
  });
}

async function reach(state: Run, host: TopologyHost, turns: Turns): Promise<readonly ReachedHost[]> {
  const { name } = host.host;
  const stopped = state.input.caller.stop.requested;
  const reached = stopped ? err(interrupted(name)) : await reachHost(state.input, host, turns);
  if (reached.ok) return [reached.value];
  fail(state, name, reached.error);
  return [];
}

/** Hosts that this run leaves alone, but which must be asked: their roles decide together with those it works on. */
function outsidersOf({ wanted, policy }: RunInput): readonly TopologyHost[] {
  const { topology, roles } = wanted;
  const { selected, onlyRoles } = policy;
  const deciding = topology.hosts
    .filter(({ host }) => selected.has(host.name))
    .flatMap(({ members }) => members.map(({ role }) => role))
    .filter((role) => roles.get(role)?.peerFacts !== undefined)
    .filter((role) => onlyRoles === "all" || onlyRoles.has(role));
  return topology.hosts.filter(({ host }) => !selected.has(host.name)).filter(plays(deciding));
}

function planOf(state: Run, hosts: readonly TopologyHost[]): Plan {
  const { topology } = state.input.wanted;
  const { onlyRoles, selected } = state.input.policy;
  const plans = hosts.flatMap(({ host }) => state.open.get(host.name)?.plan ?? []);
  const playing = (roles: readonly string[]): readonly string[] =>
    hosts.filter(plays(roles)).map(({ host }) => host.name);
  const levels: readonly Stage[] = topology.levels
    .map((level) => level.filter((role) => onlyRoles === "all" || onlyRoles.has(role)))
    .map((roles) => ({ name: roles.join(", "), roles, hosts: playing(roles) }))
    .filter(({ hosts: players }) => players.length > 0);
  return {
    stages: levels,
    rollouts: rolloutsOf(state, levels),
    hosts: plans,
    stale: staleHosts(
      topology,
      selected,
      plans.some((plan) => plan.changes.length > 0),
    ),
  };
}

/** Hosts outside `--limit` that use a service of a host inside it: what they render of it may now be out of date. */
function staleHosts(topology: Topology, selected: ReadonlySet<string>, changing: boolean): readonly string[] {
  if (!changing) return [];
  const touched = new Set(
    [...topology.services.values()]
      .filter(({ endpoints }) => endpoints.some((endpoint) => selected.has(endpoint.host)))
      .map(({ name }) => name),
  );
  return topology.hosts
    .filter(({ host }) => !selected.has(host.name))
    .filter(({ members }) =>
      members.some((m) => (topology.needs.get(m.role) ?? []).some((s) => touched.has(s))),
    )
    .map(({ host }) => host.name);
}

/** A dangerous plan is not begun: half of it would be worse than none. */
function refused(state: Run, plan: Plan): boolean {
  const { force, saved } = state.input.policy;
  const dangers = force ? [] : guard(plan.hosts, state.input.wanted.kinds);
  refuse(state, dangers, "look at `provision plan`; if it is what you want, run again with --force");
  const moved = saved === undefined ? [] : changesSince(saved, plan);
  refuse(state, moved, "nothing was done; make a new plan with `provision plan --out` and look at it");
  return dangers.length + moved.length > 0;
}

function refuse(state: Run, refusals: readonly Refusal[], hint: string): void {
  for (const host of new Set(refusals.map((refusal) => refusal.host))) {
    const reasons = refusals.filter((refusal) => refusal.host === host).map((refusal) => refusal.message);
    const [first, ...others] = reasons;
    const detail = others.length === 0 ? {} : { detail: reasons.join("\n") };
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    fail(state, host, { code: "refused", message: `${host}: refused. ${first}${more}`, hint, ...detail });
  }
}

function finish(state: Run, hosts: readonly TopologyHost[]): Summary {
  const { policy, caller } = state.input;
  const reports = hosts.map(({ host }) => reportOf(state, host.name));
  const unfinished = reports
    .filter((r) => r.failure !== undefined || r.outcome === "skipped")
    .map((r) => r.host);
  for (const { host, outcome, ms } of reports) caller.emit({ type: "host-finished", host, outcome, ms });
  const base = { command: policy.command, hosts: reports, ms: caller.now() - state.started };
  const summary: Summary = unfinished.length === 0 ? base : { ...base, resume: caller.resume(unfinished) };
  caller.emit({ type: "run-finished", ...summary });
  return summary;
}

function reportOf(state: Run, name: string): HostReport {
  const host = state.open.get(name);
  const failure = state.failures.get(name);
  const doneIds = new Set(host?.done.map(({ id }) => id));
  const left: readonly Change[] = (host?.plan.changes ?? []).filter(
    ({ id }) => !doneIds.has(id) || failure === undefined,
  );
  const done = host?.done.length ?? 0;
  const ms = state.ended.get(name) ?? state.input.caller.now() - state.started;
  const outcome = outcomeOf(state.input.policy.command, left.length, done, failure);
  return { host: name, outcome, done, left, ms, ...(failure === undefined ? {} : { failure }) };
}

/** Failures after which a host counts as not reached, rather than as failed. */
const unreachableCodes = new Set<Failure["code"]>(["unreachable", "connection-lost"]);

function outcomeOf(command: Command, left: number, done: number, failure: Failure | undefined): Outcome {
  if (failure !== undefined) {
    if (failure.code === "interrupted") return "interrupted";
    return unreachableCodes.has(failure.code) ? "unreachable" : "failed";
  }
  if (command !== "apply") return left > 0 ? "changes" : "unchanged";
  if (left > 0) return "skipped";
  return done > 0 ? "converged" : "unchanged";
}
