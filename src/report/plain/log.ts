import { duration, pad, printable } from "../../base/text.ts";
import type { Failure } from "../../model/failure.ts";
import type { Command } from "../../model/summary.ts";
import { renderFailure } from "../failure.ts";
import { paintWith } from "../paint.ts";
import type { ReportOptions } from "../report.ts";

/** The present change of a host. */
interface Doing {
  readonly since: number;
  readonly name: string;
  readonly lines: string[];
  live: boolean;
}

/** The state of the report during a run. */
export interface State {
  readonly options: ReportOptions;
  readonly doing: Map<string, Doing>;
  /** The last failure shown of each host. Its event comes again when the host ends, but it is shown once. */
  readonly shown: Map<string, string>;
  started: number;
  nameColumns: number;
  /** Absent without a run, as in `switchover`. */
  command?: Command;
  readonly observed: Set<string>;
}

export function writeFailure(state: State, host: string, failure: Failure): void {
  const key = JSON.stringify([failure.code, failure.message]);
  if (state.shown.get(host) === key) return;
  state.shown.set(host, key);
  state.options.write(`${elapsed(state)} ${renderFailure(host, failure, state.options)}`);
}

export function writeVerbose(state: State, host: string, text: string): void {
  if (state.options.verbosity > 0) writeLine(state, host, text);
}

export function writeLine(state: State, host: string, text: string): void {
  state.options.write(`${elapsed(state)} ${pad(printable(host), state.nameColumns)}  ${text}\n`);
}

function elapsed(state: State): string {
  const ms = state.options.now() - state.started;
  return paintWith(state.options.color).dim(`[${duration(ms).padStart(6)}]`);
}
