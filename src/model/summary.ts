import type { Failure } from "./failure.ts";
import type { Change } from "./plan.ts";

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
  /** The host's name in the inventory. */
  readonly host: string;
  /**
   * `converged` changed and as desired · `unchanged` as desired from the start · `changes` differs (`plan`, `check`) · `failed` ·
   * `unreachable` · `skipped` because of a failure elsewhere · `interrupted`.
   */
  readonly outcome: Outcome;
  /** How many changes were done. */
  readonly done: number;
  /** The changes that are not done: a list of Change. */
  readonly left: readonly Change[];
  /** A Failure. */
  readonly failure?: Failure;
  /** Milliseconds from the start of the run to this host's end. */
  readonly ms: number;
}

/** The whole run in numbers and names. */
export interface Summary {
  /** `apply`, `plan` or `check`. */
  readonly command: Command;
  /** How each host ended: a list of HostReport. */
  readonly hosts: readonly HostReport[];
  /** Milliseconds the run took. */
  readonly ms: number;
  /** The arguments after `provision` that do the rest, when something is left. */
  readonly resume?: readonly string[];
}
