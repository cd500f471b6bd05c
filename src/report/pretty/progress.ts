import { unreachable } from "../../base/result.ts";
import type {
  ChangeEvent,
  Event,
  GateEvent,
  HostEvent,
  MoveStep,
  StageFinished,
  StageStarted,
} from "../../model/event.ts";
import type { Change, Plan } from "../../model/plan.ts";
import { changeName } from "../change-text.ts";
import { activeRow, dueOf, newStageRow, type Progress, type StageRow } from "./progress-state.ts";

/** The most rows of a display. More rows, with the lines below them, do not fit a terminal of 24 lines. */
export const mostRows = 15;
/** Rows kept free for stages that no plan names: one before all others, and one after. */
const roomForOthers = 2;

/** Applies one event to the progress. */
export function follow(p: Progress, e: Event): void {
  switch (e.type) {
    case "run-started":
      p.started = p.now();
      for (const row of [p.connect, p.observe]) for (const host of e.hosts) row.hosts.add(host);
      p.connect.state = "active";
      break;
    case "plan-ready":
      takePlan(p, e);
      break;
    case "stage-started":
      startStage(p, e);
      break;
    case "stage-finished":
      endStage(p, e);
      break;
    case "interrupting":
      p.interrupted = true;
      break;
    case "run-finished":
      finishAll(p);
      break;
    case "change-started":
    case "output":
    case "change-done":
    case "change-failed":
      followChange(p, e);
      break;
    case "step":
      followStep(p, e);
      break;
    // The result of a move is shown below the rows.
    case "moved":
    case "failed":
      break;
    default:
      followHost(p, e);
  }
}

/** Gives every row its last state, after the end of the run or when it was cut off. */
export function finishAll(p: Progress): void {
  p.doing.clear();
  for (const row of [p.connect, p.observe, ...p.stages]) {
    if (row.state === "active") row.state = isComplete(row) ? "done" : "failed";
    else if (row.state === "waiting") row.state = dueOf(p, row.roles).length > 0 ? "unreached" : "skipped";
  }
}

function followHost(p: Progress, e: HostEvent | GateEvent): void {
  const { host } = e;
  const now = p.now();
  switch (e.type) {
    case "host-connecting":
      p.doing.set(host, { row: p.connect, text: `connecting to ${e.address}`, since: now });
      break;
    case "host-ready":
      arrive(p, p.connect, host);
      if (p.observe.state === "waiting") p.observe.state = "active";
      p.doing.set(host, { row: p.observe, text: "observing", since: now });
      break;
    case "host-observed":
      p.observe.changes += e.changes;
      p.doing.delete(host);
      arrive(p, p.observe, host);
      break;
    case "waiting": {
      const row = activeRow(p);
      row.arrived.delete(host);
      p.doing.set(host, { row, text: `waits for ${e.what}`, since: now, until: now + e.until });
      break;
    }
    case "gate-passed":
      activeRow(p).arrived.add(host);
      p.doing.delete(host);
      break;
    case "gate-failed":
    case "host-failed":
      fail(p, host, e.failure.message);
      break;
    case "host-finished":
      p.doing.delete(host);
      break;
    default:
      unreachable(e);
  }
}

/** The host of the member may be one that the run does not change otherwise. */
function followStep(p: Progress, { host, what, ms }: MoveStep): void {
  if (ms === undefined) p.doing.set(host, { row: activeRow(p), text: what, since: p.now() });
  else p.doing.delete(host);
}

function followChange(p: Progress, e: ChangeEvent): void {
  const doing = p.doing.get(e.host);
  switch (e.type) {
    case "change-started":
      // The events of changes in one call come one after another. The row names the first, which has the start of the call.
      if (doing?.change === undefined)
        p.doing.set(e.host, {
          row: activeRow(p),
          text: changeName(e.change),
          since: p.now(),
          change: e.change.id,
        });
      break;
    case "output":
      if (doing !== undefined) doing.line = e.line;
      break;
    case "change-done":
      takeDone(p, e.host, e.change);
      break;
    case "change-failed":
      fail(p, e.host, e.failure.message);
      break;
    default:
      unreachable(e);
  }
}

function takePlan(p: Progress, plan: Plan): void {
  for (const row of [p.connect, p.observe]) if (row.state !== "failed") settle(row);
  for (const { host, changes } of plan.hosts)
    p.due.set(host, new Map(changes.map((change) => [change.id, change])));
  const stages = plan.stages.filter(({ roles }) => dueOf(p, new Set(roles)).length > 0);
  const room = mostRows - 2 - roomForOthers;
  const own = stages.length <= room ? stages : stages.slice(0, room - 1);
  const rest = stages.slice(own.length);
  p.stages.push(...own.map(({ name }) => newStageRow(name, [])));
  if (rest.length > 0)
    p.stages.push(
      newStageRow(
        `${rest.length} more stages`,
        [],
        rest.map(({ name }) => name),
      ),
    );
  for (const { name, roles } of stages) {
    const row = p.stages.find((candidate) => candidate.stages.includes(name));
    for (const role of roles) row?.roles.add(role);
  }
}

function startStage(p: Progress, { stage, changes }: StageStarted): void {
  const row = rowOf(p, stage.name);
  for (const earlier of p.stages.slice(0, p.stages.indexOf(row))) {
    if (earlier.state === "waiting") earlier.state = "skipped";
  }
  // A stage of the topology names every host of its roles. Only hosts with changes take part.
  const roles = new Set(stage.roles);
  const busy = stage.hosts.filter((host) => dueOf(p, roles, host).length > 0);
  for (const host of busy.length > 0 ? busy : stage.hosts) row.hosts.add(host);
  row.changes += changes;
  row.state = "active";
}

/** The row of a stage. A stage that no plan names comes first if no other stage has begun, else last. */
function rowOf(p: Progress, stage: string): StageRow {
  const known = p.stages.find((row) => row.stages.includes(stage));
  if (known !== undefined) return known;
  const last = p.stages.at(-1);
  if (last !== undefined && p.stages.length >= mostRows - 2) return last;
  const row = newStageRow(stage, []);
  if (p.stages.every(({ state }) => state === "waiting")) p.stages.unshift(row);
  else p.stages.push(row);
  return row;
}

function endStage(p: Progress, { stage, ms }: StageFinished): void {
  const row = rowOf(p, stage.name);
  row.ms += ms;
  row.ended.add(stage.name);
  for (const host of row.hosts) if (!row.failures.has(host)) row.arrived.add(host);
  if (row.stages.every((name) => row.ended.has(name))) settle(row);
}

function takeDone(p: Progress, host: string, change: Change): void {
  const row = p.doing.get(host)?.row ?? activeRow(p);
  row.done += 1;
  p.due.get(host)?.delete(change.id);
  // A stage without roles may have changes of any role. Which hosts have finished is known only at its end.
  if (row.roles.size > 0 && dueOf(p, row.roles, host).length === 0) row.arrived.add(host);
  p.doing.delete(host);
}

function fail(p: Progress, host: string, message: string): void {
  const row = p.doing.get(host)?.row ?? activeRow(p);
  p.doing.delete(host);
  // A failure comes with an event of the change or gate, and again with one of the host.
  const known = [p.connect, p.observe, ...p.stages].some(({ failures }) => failures.get(host) === message);
  if (!known) row.failures.set(host, message);
  for (const first of [p.connect, p.observe]) settleWhenComplete(p, first);
}

function arrive(p: Progress, row: StageRow, host: string): void {
  row.arrived.add(host);
  settleWhenComplete(p, row);
}

/** Ends a row when every host has arrived or failed. A host without a connection is never observed. */
function settleWhenComplete(p: Progress, row: StageRow): void {
  if (row.state !== "active") return;
  const failed = (host: string): boolean => p.connect.failures.has(host) || row.failures.has(host);
  if ([...row.hosts].every((host) => row.arrived.has(host) || failed(host))) {
    row.ms = p.now() - p.started;
    settle(row);
  }
}

const isComplete = (row: StageRow): boolean =>
  row.failures.size === 0 && [...row.hosts].every((host) => row.arrived.has(host));

function settle(row: StageRow): void {
  row.state = row.failures.size > 0 ? "failed" : "done";
}
