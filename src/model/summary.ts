import type { Failure } from "./failure.ts";
import type { Change } from "./plan.ts";

/** The command of the run. */
export type Command = "apply" | "plan" | "check";

/** How the run ended for one host; see `HostReport`. */
export type Outcome =
  | "converged"
  | "unchanged"
  | "changes"
  | "failed"
  | "unreachable"
  | "skipped"
  | "interrupted";

/** The result of one host. */
export interface HostReport {
  /** The host's name in the inventory. */
  readonly host: string;
  /**
   * `converged`: changed, and as desired now · `unchanged`: as desired from the start · `changes`: differs (`plan`, `check`) ·
   * `failed` · `unreachable` · `skipped`: because of a failure on another host · `interrupted`.
   */
  readonly outcome: Outcome;
  /** How many changes the run has done. */
  readonly done: number;
  /** The changes that are not done yet: a list of Change. */
  readonly left: readonly Change[];
  /** Why the host failed: a Failure. */
  readonly failure?: Failure;
  /** Milliseconds from the start of the run to the end of this host. */
  readonly ms: number;
}

/** The result of the whole run. */
export interface Summary {
  /** `apply`, `plan` or `check`. */
  readonly command: Command;
  /** The result of each host: a list of HostReport. */
  readonly hosts: readonly HostReport[];
  /** Milliseconds the run took. */
  readonly ms: number;
  /** The arguments for `provision` that do the rest; absent if nothing is left. */
  readonly resume?: readonly string[];
}
