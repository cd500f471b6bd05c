import type { Failure } from "./failure.ts";
import type { Change, HostPlan, Plan, Stage } from "./plan.ts";

/** What the user asked for. */
export type Command = "apply" | "plan" | "check";

/** What became of one host. */
export type Outcome =
  | "converged"
  | "unchanged"
  | "changes"
  | "failed"
  | "unreachable"
  | "skipped"
  | "interrupted";

/** How one host ended. */
export interface HostReport {
  readonly host: string;
  readonly outcome: Outcome;
  /** Changes done, and changes planned but not done. */
  readonly done: number;
  readonly left: readonly Change[];
  readonly failure?: Failure;
  /** Milliseconds from the start of the run to this host's end. */
  readonly ms: number;
}

/** Everything that happens, one documented shape each. `host` is always an inventory name. */
export type Event =
  | {
      readonly type: "run-started";
      readonly command: Command;
      readonly hosts: readonly string[];
      readonly forks: number;
    }
  | { readonly type: "host-connecting"; readonly host: string; readonly address: string }
  /** Facts are in; `ms` since connecting started. */
  | { readonly type: "host-ready"; readonly host: string; readonly os: string; readonly ms: number }
  | { readonly type: "host-observed"; readonly host: string; readonly plan: HostPlan; readonly ms: number }
  /** `contents`: what changed files hold and shall hold, when a diff was asked for. */
  | { readonly type: "plan-ready"; readonly plan: Plan; readonly contents?: FileContents }
  | { readonly type: "stage-started"; readonly stage: Stage; readonly changes: number }
  | { readonly type: "change-started"; readonly host: string; readonly change: Change }
  /** Live output of the command in hand, one line without its end. */
  | { readonly type: "output"; readonly host: string; readonly id: string; readonly line: string }
  | { readonly type: "change-done"; readonly host: string; readonly change: Change; readonly ms: number }
  | {
      readonly type: "change-failed";
      readonly host: string;
      readonly change: Change;
      readonly failure: Failure;
    }
  /** A host waits for something; `until` = milliseconds until it gives up. */
  | { readonly type: "waiting"; readonly host: string; readonly what: string; readonly until: number }
  | { readonly type: "gate-passed"; readonly host: string; readonly service: string; readonly ms: number }
  | {
      readonly type: "gate-failed";
      readonly host: string;
      readonly service: string;
      readonly failure: Failure;
    }
  | { readonly type: "host-failed"; readonly host: string; readonly failure: Failure }
  | { readonly type: "host-finished"; readonly host: string; readonly outcome: Outcome; readonly ms: number }
  | { readonly type: "stage-finished"; readonly stage: Stage; readonly ms: number }
  | { readonly type: "interrupting" }
  | { readonly type: "run-finished"; readonly summary: Summary };

/** By host and resource, `host\0id`: what the file holds (null = no file), and shall hold (null = no file). */
export type FileContents = ReadonlyMap<string, FileContent>;

export interface FileContent {
  readonly before: string | null;
  readonly after: string | null;
  /** True: neither may be shown. */
  readonly secret: boolean;
}

/** The whole run in numbers and names. */
export interface Summary {
  readonly command: Command;
  readonly hosts: readonly HostReport[];
  readonly ms: number;
  /** The command that does the rest, when something is left: the arguments after `provision`. */
  readonly resume?: readonly string[];
}
