import { unreachable } from "../../base/result.ts";
import type {
  ChangeEvent,
  Event,
  GateEvent,
  HostEvent,
  MoveDone,
  MoveStep,
  Output,
  Waiting,
} from "../../model/event.ts";
import type { HostReport } from "../../model/summary.ts";
import { changeName, changeNotes } from "../change-text.ts";
import { newPrinter } from "../printable.ts";
import type { RunHost, RunRecord, RunStage, RunStep, StepKind } from "./run-record.ts";

/** Records a run from its events. */
export interface Recorder {
  event(e: Event): void;
  record(): RunRecord;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

interface Known extends Writable<RunHost> {
  readonly steps: RunStep[];
}

interface State extends Writable<Omit<RunRecord, "hosts">> {
  readonly hosts: Map<string, Known>;
  readonly stages: RunStage[];
  readonly moves: MoveDone[];
}

/** `now`: a clock in milliseconds; only differences are used. `began`: the date and time of the start, for people. */
export function newRecorder(now: () => number, began: Date): Recorder {
  const state: State = { command: "apply", began, ms: 0, hosts: new Map(), stages: [], moves: [] };
  const printer = newPrinter();
  const started = now();
  return {
    event(e) {
      state.ms = now() - started;
      note(state, printer.value(e), state.ms);
    },
    record: () => ({ ...state, hosts: [...state.hosts.values()] }),
  };
}

function note(state: State, e: Event, at: number): void {
  switch (e.type) {
    case "run-started":
      state.command = e.command;
      for (const host of e.hosts) hostOf(state, host);
      break;
    case "stage-started":
      state.stages.push({ name: e.stage.name, hosts: e.stage.hosts.length, changes: e.changes, from: at });
      break;
    case "stage-finished": {
      const stage = state.stages.findLast(({ name }) => name === e.stage.name);
      if (stage !== undefined) stage.to = at;
      break;
    }
    case "interrupting":
      state.interrupted ??= at;
      break;
    case "run-finished":
      state.summary = e;
      for (const report of e.hosts) noteEnd(hostOf(state, report.host), report);
      break;
    case "plan-ready":
      for (const { host, orphans } of e.hosts) hostOf(state, host).orphans = orphans;
      break;
    case "step":
      noteStep(state, e, at);
      break;
    case "moved":
      state.moves.push(e);
      break;
    case "output":
    case "failed":
      break;
    default:
      noteHost(hostOf(state, e.host), e, at);
  }
}

function hostOf({ hosts }: State, name: string): Known {
  const known = hosts.get(name) ?? { name, steps: [], orphans: [] };
  hosts.set(name, known);
  return known;
}

function noteEnd(host: Known, report: HostReport): void {
  host.report = report;
  if (report.failure !== undefined) host.failure = report.failure;
}

/** A member outside the hosts of the run is not recorded. */
function noteStep({ hosts }: State, { host, what, ms, failed }: MoveStep, at: number): void {
  const known = hosts.get(host);
  if (known === undefined) return;
  if (ms === undefined) begin(known, { kind: "wait", name: what, notes: [], from: at });
  else endNamed(known, what, at, failed === true);
}

type NotedChange = Exclude<ChangeEvent, Output>;

function noteHost(host: Known, e: HostEvent | NotedChange | GateEvent, at: number): void {
  switch (e.type) {
    case "change-started":
    case "change-done":
    case "change-failed":
      noteChange(host, e, at);
      break;
    case "waiting":
      end(host, ["wait"], at);
      begin(host, { kind: "wait", name: `wait for ${e.what}`, notes: [], from: at });
      break;
    case "gate-passed":
    case "gate-failed":
      noteGate(host, e, at);
      break;
    default:
      noteVisit(host, e, at);
  }
}

function noteVisit(host: Known, e: Exclude<HostEvent, Waiting>, at: number): void {
  switch (e.type) {
    case "host-connecting":
      begin(host, { kind: "connect", name: `connect to ${e.address}`, notes: [], from: at });
      break;
    case "host-ready":
      end(host, ["connect"], at);
      begin(host, { kind: "observe", name: "observe the resources", notes: [e.os], from: at });
      break;
    case "host-observed":
      end(host, ["observe"], at);
      break;
    case "host-failed":
      host.failure = e.failure;
      end(host, ["connect", "observe"], at, e.failure.code !== "interrupted");
      end(host, ["wait"], at);
      break;
    case "host-finished":
      end(host, ["connect", "observe", "wait"], at);
      break;
    default:
      unreachable(e);
  }
}

function noteChange(host: Known, e: NotedChange, at: number): void {
  end(host, ["wait"], at);
  const name = changeName(e.change);
  if (e.type === "change-started") {
    const kind = e.change.action === "reload" ? "reload" : "change";
    begin(host, { kind, name, notes: changeNotes(e.change, false), from: at });
    return;
  }
  endNamed(host, name, at, e.type === "change-failed");
}

/** The wait before a gate becomes the time of the gate, so that it does not appear twice. */
function noteGate(host: Known, e: GateEvent, at: number): void {
  const waited = host.steps.findIndex(({ kind, to }) => kind === "wait" && to === undefined);
  const [wait] = waited < 0 ? [] : host.steps.splice(waited, 1);
  const failed = e.type === "gate-failed";
  const name = `${e.service} is ${failed ? "not healthy" : "healthy"}`;
  finish(begin(host, { kind: "gate", name, notes: [], from: wait?.from ?? at }), at, failed);
}

function begin({ steps }: Known, step: RunStep): RunStep {
  steps.push(step);
  return step;
}

function finish(step: RunStep, at: number, failed: boolean): void {
  step.to = at;
  if (failed) step.failed = true;
}

function endNamed({ steps }: Known, name: string, at: number, failed: boolean): void {
  const step = steps.find((one) => one.to === undefined && one.name === name);
  if (step !== undefined) finish(step, at, failed);
}

/** Ends the steps of these kinds that still run. */
function end({ steps }: Known, kinds: readonly StepKind[], at: number, failed = false): void {
  for (const step of steps) if (step.to === undefined && kinds.includes(step.kind)) finish(step, at, failed);
}
