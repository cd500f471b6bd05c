import { duration, pad, printable } from "../../base/text.ts";
import type { Failure } from "../../model/failure.ts";
import type { Command } from "../../model/summary.ts";
import { renderFailure } from "../failure.ts";
import { paintWith } from "../paint.ts";
import type { ReportOptions } from "../report.ts";

/** What a host is doing now. */
interface Doing {
  readonly since: number;
  readonly name: string;
  readonly lines: string[];
  live: boolean;
}

/** What is known of a run while it is told. */
export interface State {
  readonly options: ReportOptions;
  readonly doing: Map<string, Doing>;
  /** The failure last shown of each host: it is told again when the host ends, and shown once. */
  readonly shown: Map<string, string>;
  started: number;
  nameColumns: number;
  /** Absent where no run has begun: the primary of a service moves by itself. */
  command?: Command;
  readonly observed: Set<string>;
}

export function tellFailure(state: State, host: string, failure: Failure): void {
  const key = JSON.stringify([failure.code, failure.message]);
  if (state.shown.get(host) === key) return;
  state.shown.set(host, key);
  state.options.write(`${elapsed(state)} ${renderFailure(host, failure, state.options)}`);
}

export function sayVerbose(state: State, host: string, text: string): void {
  if (state.options.verbosity > 0) say(state, host, text);
}

export function say(state: State, host: string, text: string): void {
  state.options.write(`${elapsed(state)} ${pad(printable(host), state.nameColumns)}  ${text}\n`);
}

function elapsed(state: State): string {
  const ms = state.options.now() - state.started;
  return paintWith(state.options.color).dim(`[${duration(ms).padStart(6)}]`);
}
