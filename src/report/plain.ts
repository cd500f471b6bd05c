import { unreachable } from "../base/result.ts";
import { count, duration, pad, printable, widthOf } from "../base/text.ts";
import type { Command, Event } from "../model/event.ts";
import type { Failure } from "../model/failure.ts";
import type { Change } from "../model/plan.ts";
import { changeName, fieldText } from "./change-text.ts";
import { renderFailure } from "./failure.ts";
import { paintWith } from "./paint.ts";
import { planLine, renderPlan } from "./plan.ts";
import type { Report, ReportOptions } from "./report.ts";
import { renderSummary } from "./summary.ts";

/** A change that runs longer shows what it writes, also without `-v`: silence looks like a hang. */
const patienceMs = 5000;
/** Lines kept of a change's output, to be shown should it fail. */
const keptLines = 20;
/** Columns of the host's name that lines are aligned by; longer names push their own line only. */
const widestName = 24;

/** What a host is doing now. */
interface Doing {
  readonly since: number;
  readonly name: string;
  readonly lines: string[];
  live: boolean;
}

interface State {
  readonly options: ReportOptions;
  readonly doing: Map<string, Doing>;
  /** The failure last shown of each host: it is told again when the host ends, and shown once. */
  readonly shown: Map<string, string>;
  started: number;
  nameColumns: number;
  command: Command;
  readonly observed: Set<string>;
}

/** One line an event, for logs and pipes: elapsed time, host, what happened. */
export function createPlain(options: ReportOptions): Report {
  const started = options.now();
  const state: State = {
    options,
    started,
    doing: new Map(),
    shown: new Map(),
    nameColumns: 0,
    command: "apply",
    observed: new Set(),
  };
  return {
    event: (e) => tell(state, e),
    // Every line is whole when it is written: there is nothing to close.
    end() {},
  };
}

function tell(state: State, e: Event): void {
  if (e.type === "host-observed") state.observed.add(e.host);
  switch (e.type) {
    case "run-started":
      start(state, e);
      break;
    case "plan-ready":
      tellPlan(state, e);
      break;
    case "stage-started":
      say(
        state,
        "",
        `stage ${e.stage.name}: ${count(e.changes, "change")} on ${count(e.stage.hosts.length, "host")}`,
      );
      break;
    case "stage-finished":
      say(state, "", `stage ${e.stage.name} ended (${duration(e.ms)})`);
      break;
    case "change-started":
    case "output":
    case "change-done":
    case "change-failed":
      tellChange(state, e);
      break;
    case "interrupting":
      say(state, "", "interrupted: no new change is begun");
      break;
    case "run-finished":
      state.options.write(`\n${renderSummary(e.summary, { ...state.options, observed: state.observed })}`);
      break;
    default:
      tellHost(state, e);
  }
}

type ChangeEvent = Extract<Event, { type: "change-started" | "output" | "change-done" | "change-failed" }>;
type RunEvent = {
  type: "run-started" | "plan-ready" | "stage-started" | "stage-finished" | "interrupting" | "run-finished";
};

function start(state: State, e: Extract<Event, { type: "run-started" }>): void {
  state.started = state.options.now();
  state.command = e.command;
  state.nameColumns = Math.min(widestName, Math.max(0, ...e.hosts.map((host) => widthOf(printable(host)))));
  say(state, "", `${e.command} on ${count(e.hosts.length, "host")}, ${e.forks} at a time`);
}

function tellPlan(state: State, { plan, contents }: Extract<Event, { type: "plan-ready" }>): void {
  const { command, options } = state;
  if (command === "apply" && !options.diff) {
    say(state, "", planLine(plan, command));
    return;
  }
  const view = contents === undefined ? { ...options, command } : { ...options, command, contents };
  // The summary begins with an empty line of its own.
  options.write(`\n${renderPlan(plan, view)}${command === "apply" ? "\n" : ""}`);
}

function tellHost(state: State, e: Exclude<Event, ChangeEvent | RunEvent>): void {
  switch (e.type) {
    case "host-connecting":
      sayVerbose(state, e.host, `connecting to ${printable(e.address)}`);
      break;
    case "host-ready":
      sayVerbose(state, e.host, `ready: ${printable(e.os)} (${duration(e.ms)})`);
      break;
    case "host-observed": {
      const { changes, unchanged } = e.plan;
      say(
        state,
        e.host,
        `observed: ${count(changes.length, "change")}, ${unchanged} unchanged (${duration(e.ms)})`,
      );
      break;
    }
    case "waiting":
      say(state, e.host, `waits for ${printable(e.what)}, at most ${duration(e.until)}`);
      break;
    case "gate-passed":
      say(state, e.host, `${printable(e.service)} is healthy (${duration(e.ms)})`);
      break;
    case "gate-failed":
      say(state, e.host, paintWith(state.options.color).red(`${printable(e.service)} is not healthy`));
      tellFailure(state, e.host, e.failure);
      break;
    case "host-failed":
      tellFailure(state, e.host, e.failure);
      break;
    case "host-finished":
      sayVerbose(state, e.host, e.outcome);
      break;
    default:
      unreachable(e);
  }
}

function tellChange(state: State, e: ChangeEvent): void {
  const now = state.options.now();
  const live = state.options.verbosity > 0;
  switch (e.type) {
    case "change-started":
      // Changes that go in one call are told one after another: they have one output.
      if (!state.doing.has(e.host))
        state.doing.set(e.host, { since: now, name: changeName(e.change), lines: [], live });
      sayVerbose(state, e.host, `${changeName(e.change)} …`);
      break;
    case "output":
      tellOutput(state, e.host, printable(e.line), now);
      break;
    case "change-done":
      state.doing.delete(e.host);
      say(state, e.host, `${changeName(e.change)} (${duration(e.ms)})${fieldsNote(state, e.change)}`);
      break;
    case "change-failed": {
      say(state, e.host, paintWith(state.options.color).red(`${changeName(e.change)} failed`));
      const doing = state.doing.get(e.host);
      // The failure's detail is the end of the same output: shown once.
      if (doing !== undefined && !doing.live && e.failure.detail === undefined)
        tellLines(state, e.host, doing.lines);
      state.doing.delete(e.host);
      tellFailure(state, e.host, e.failure);
      break;
    }
    default:
      unreachable(e);
  }
}

const fieldsNote = (state: State, { action, fields }: Change): string =>
  state.options.verbosity > 1 && action === "update" ? ` [${fields.map(fieldText).join(", ")}]` : "";

function tellOutput(state: State, host: string, line: string, now: number): void {
  const doing = state.doing.get(host);
  if (doing === undefined || line === "") return;
  doing.lines.push(line);
  if (doing.lines.length > keptLines) doing.lines.shift();
  if (doing.live) {
    tellLines(state, host, [line]);
    return;
  }
  if (now - doing.since < patienceMs) return;
  doing.live = true;
  say(state, host, `${doing.name} has run for ${duration(now - doing.since)}`);
  tellLines(state, host, doing.lines);
}

function tellLines(state: State, host: string, lines: readonly string[]): void {
  for (const line of lines) say(state, host, paintWith(state.options.color).dim(`| ${line}`));
}

function tellFailure(state: State, host: string, failure: Failure): void {
  const key = JSON.stringify([failure.code, failure.message]);
  if (state.shown.get(host) === key) return;
  state.shown.set(host, key);
  state.options.write(`${elapsed(state)} ${renderFailure(host, failure, state.options)}`);
}

function sayVerbose(state: State, host: string, text: string): void {
  if (state.options.verbosity > 0) say(state, host, text);
}

function say(state: State, host: string, text: string): void {
  state.options.write(`${elapsed(state)} ${pad(printable(host), state.nameColumns)}  ${text}\n`);
}

function elapsed(state: State): string {
  const ms = state.options.now() - state.started;
  return paintWith(state.options.color).dim(`[${duration(ms).padStart(6)}]`);
}
