import type { Event } from "../model/event.ts";

/** What a person or a program is shown of a run. */
export interface Report {
  /** Called with every event, in order. Never throws, never waits. */
  event(e: Event): void;
  /** Called once, after the last event; the report is complete when it is done, also when the run was cut short. */
  end(): Promise<void> | void;
}

/** What a report is made with. Reports know neither the process nor its streams. */
export interface ReportOptions {
  /** Takes text as it shall stand, line ends included. */
  readonly write: (text: string) => void;
  /** Width of the terminal; 0 = no terminal (a file, a pipe), nothing is cut to fit. */
  readonly columns: number;
  readonly color: boolean;
  /** How often `-v` was given. */
  readonly verbosity: 0 | 1 | 2;
  /** Show the differences of files, and the plan before it is carried out. */
  readonly diff: boolean;
  /** Milliseconds of some clock; only differences are used. */
  readonly now: () => number;
}

/** The values of `--output`. */
export type OutputName = "pretty" | "plain" | "json" | "nagios";
