import { unreachable } from "../../base/result.ts";
import { count, duration, printable, widthOf } from "../../base/text.ts";
import type { Event, GateEvent, HostEvent, MoveEvent, PlanReady, RunStarted } from "../../model/event.ts";
import { movedLines, stepText } from "../move.ts";
import { paintWith } from "../paint.ts";
import { planLine, renderPlan } from "../plan.ts";
import type { Report, ReportOptions } from "../report.ts";
import { renderSummary } from "../summary.ts";
import { tellChange } from "./changes.ts";
import { type State, say, sayVerbose, tellFailure } from "./log.ts";

/** Columns of the host's name that lines are aligned by; longer names push their own line only. */
const widestName = 24;

/** One line an event, for logs and pipes: elapsed time, host, what happened. */
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
      state.options.write(`\n${renderSummary(e, { ...state.options, observed: state.observed })}`);
      break;
    case "step":
    case "moved":
    case "failed":
      tellMove(state, e);
      break;
    default:
      tellHost(state, e);
  }
}

function start(state: State, e: RunStarted): void {
  state.started = state.options.now();
  state.command = e.command;
  state.nameColumns = Math.min(widestName, Math.max(0, ...e.hosts.map((host) => widthOf(printable(host)))));
  say(state, "", `${e.command} on ${count(e.hosts.length, "host")}, ${e.forks} at a time`);
}

function tellPlan(state: State, plan: PlanReady): void {
  const { options, command = "apply" } = state;
  if (command === "apply" && !options.diff) {
    say(state, "", planLine(plan, command));
    return;
  }
  const { contents } = plan;
  const view = { ...options, command, ...(contents === undefined ? {} : { contents }) };
  // The summary begins with an empty line of its own.
  options.write(`\n${renderPlan(plan, view)}${command === "apply" ? "\n" : ""}`);
}

/** The last words of a move stand alone; where it is part of a run, they are lines of its log. */
function tellMove(state: State, e: MoveEvent): void {
  switch (e.type) {
    case "step":
      say(state, e.host, stepText(e));
      break;
    case "moved":
      for (const line of movedLines(e))
        if (state.command === undefined) state.options.write(`${line}\n`);
        else say(state, "", line);
      break;
    // The command says so on standard error, as it does of all that kept it from its work.
    case "failed":
      break;
    default:
      unreachable(e);
  }
}

function tellHost(state: State, e: HostEvent | GateEvent): void {
  switch (e.type) {
    case "host-connecting":
      sayVerbose(state, e.host, `connecting to ${printable(e.address)}`);
      break;
    case "host-ready":
      sayVerbose(state, e.host, `ready: ${printable(e.os)} (${duration(e.ms)})`);
      break;
    case "host-observed":
      say(
        state,
        e.host,
        `observed: ${count(e.changes, "change")}, ${e.unchanged} unchanged (${duration(e.ms)})`,
      );
      break;
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
