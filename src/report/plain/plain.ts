import { unreachable } from "../../base/result.ts";
import { count, duration, printable, widthOf } from "../../base/text.ts";
import type { Event, GateEvent, HostEvent, MoveEvent, PlanReady, RunStarted } from "../../model/event.ts";
import { movedLines, stepText } from "../move.ts";
import { paintWith } from "../paint.ts";
import { planLine, renderPlan } from "../plan.ts";
import type { Report, ReportOptions } from "../report.ts";
import { renderSummary } from "../summary.ts";
import { writeChange } from "./changes.ts";
import { type State, writeFailure, writeLine, writeVerbose } from "./log.ts";

/** The most columns for the name of the host. A longer name shifts only its own line. */
const widestName = 24;

/** One line for each event, for logs and pipes: elapsed time, host, what happened. */
export function createPlain(options: ReportOptions): Report {
  const started = options.now();
  const state: State = {
    options,
    started,
    doing: new Map(),
    shown: new Map(),
    nameColumns: 0,
    observed: new Set(),
  };
  return {
    event: (e) => writeEvent(state, e),
    // Lines are written at once, so there is nothing left to write.
    end() {},
  };
}

function writeEvent(state: State, e: Event): void {
  if (e.type === "host-observed") state.observed.add(e.host);
  switch (e.type) {
    case "run-started":
      writeStart(state, e);
      break;
    case "plan-ready":
      writePlan(state, e);
      break;
    case "stage-started":
      writeLine(
        state,
        "",
        `stage ${e.stage.name}: ${count(e.changes, "change")} on ${count(e.stage.hosts.length, "host")}`,
      );
      break;
    case "stage-finished":
      writeLine(state, "", `stage ${e.stage.name} ended (${duration(e.ms)})`);
      break;
    case "change-started":
    case "output":
    case "change-done":
    case "change-failed":
      writeChange(state, e);
      break;
    case "interrupting":
      writeLine(state, "", "interrupted: no new change starts");
      break;
    case "run-finished":
      state.options.write(`\n${renderSummary(e, { ...state.options, observed: state.observed })}`);
      break;
    case "step":
    case "moved":
    case "failed":
      writeMove(state, e);
      break;
    default:
      writeHost(state, e);
  }
}

function writeStart(state: State, e: RunStarted): void {
  state.started = state.options.now();
  state.command = e.command;
  state.nameColumns = Math.min(widestName, Math.max(0, ...e.hosts.map((host) => widthOf(printable(host)))));
  writeLine(state, "", `${e.command} on ${count(e.hosts.length, "host")}, ${e.forks} at a time`);
}

function writePlan(state: State, plan: PlanReady): void {
  const { options, command = "apply" } = state;
  if (command === "apply" && !options.diff) {
    writeLine(state, "", planLine(plan, command));
    return;
  }
  const { contents } = plan;
  const view = { ...options, command, ...(contents === undefined ? {} : { contents }) };
  // The summary begins with an empty line.
  options.write(`\n${renderPlan(plan, view)}${command === "apply" ? "\n" : ""}`);
}

/** Writes the result of a move: lines of the log in a run, plain sentences without one. */
function writeMove(state: State, e: MoveEvent): void {
  switch (e.type) {
    case "step":
      writeLine(state, e.host, stepText(e));
      break;
    case "moved":
      for (const line of movedLines(e))
        if (state.command === undefined) state.options.write(`${line}\n`);
        else writeLine(state, "", line);
      break;
    // The command writes the failure to standard error.
    case "failed":
      break;
    default:
      unreachable(e);
  }
}

function writeHost(state: State, e: HostEvent | GateEvent): void {
  switch (e.type) {
    case "host-connecting":
      writeVerbose(state, e.host, `connecting to ${printable(e.address)}`);
      break;
    case "host-ready":
      writeVerbose(state, e.host, `ready: ${printable(e.os)} (${duration(e.ms)})`);
      break;
    case "host-observed":
      writeLine(
        state,
        e.host,
        `observed: ${count(e.changes, "change")}, ${e.unchanged} unchanged (${duration(e.ms)})`,
      );
      break;
    case "waiting":
      writeLine(state, e.host, `waits for ${printable(e.what)}, at most ${duration(e.until)}`);
      break;
    case "gate-passed":
      writeLine(state, e.host, `${printable(e.service)} is healthy (${duration(e.ms)})`);
      break;
    case "gate-failed":
      writeLine(state, e.host, paintWith(state.options.color).red(`${printable(e.service)} is not healthy`));
      writeFailure(state, e.host, e.failure);
      break;
    case "host-failed":
      writeFailure(state, e.host, e.failure);
      break;
    case "host-finished":
      writeVerbose(state, e.host, e.outcome);
      break;
    default:
      unreachable(e);
  }
}
