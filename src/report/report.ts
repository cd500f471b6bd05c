import type { Event } from "../model/event.ts";

/** Shows a run to a person or a program. */
export interface Report {
  /** Called with every event, in order. It must not throw or wait. */
  event(e: Event): void;
  /** Called once, after the last event. When it is done, the report is complete, also if the run was cut short. */
  end(): Promise<void> | void;
}

/** The options of a report. Reports use no process and no streams. */
export interface ReportOptions {
  /** Writes text unchanged. The text includes its line ends. */
  readonly write: (text: string) => void;
  /** Width of the terminal. 0: no terminal (a file, a pipe), nothing is cut. */
  readonly columns: number;
  readonly color: boolean;
  /** How often `-v` was given. */
  readonly verbosity: 0 | 1 | 2;
  /** Show the diffs of files, and the plan before it is applied. */
  readonly diff: boolean;
  /** A clock in milliseconds. Only differences are used. */
  readonly now: () => number;
}

/** The values of `--output`. */
export type OutputName = "pretty" | "plain" | "json" | "nagios";
