import type { LabDriverName } from "../lab/open.ts";

/** Options every command has that reads an inventory. */
export interface InventoryOptions {
  readonly inventory: readonly string[];
  readonly limit?: string;
  readonly extraVars: readonly string[];
}

/** Options of `lab up`. */
export interface LabUpOptions extends InventoryOptions {
  readonly driver?: LabDriverName;
}

/** How hosts are reached. */
export interface ReachOptions {
  readonly forks: number;
  readonly askBecomePass?: boolean;
  readonly acceptNewHostKeys?: boolean;
  readonly transport: "auto" | "ssh" | "openssh";
  /** Seconds. */
  readonly timeout: number;
}

/** Options of apply, plan and check. */
export interface RunOptions extends InventoryOptions, ReachOptions {
  readonly roles?: readonly string[];
  readonly diff?: boolean;
  readonly output?: "pretty" | "plain" | "json" | "nagios";
  readonly verbose: number;
  readonly prune?: boolean;
  readonly color: boolean;
  readonly force?: boolean;
  /** apply: a saved plan. */
  readonly plan?: string;
  /** plan: where to save it. */
  readonly out?: string;
  /** Where to leave the page of the run. */
  readonly report?: string;
}

/** Options of switchover and failover. */
export interface MoveOptions extends InventoryOptions {
  /** The member that shall be the primary. */
  readonly to?: string;
  readonly force?: boolean;
  readonly output?: "plain" | "json";
  readonly askBecomePass?: boolean;
  readonly transport: "auto" | "ssh" | "openssh";
  /** Seconds. */
  readonly timeout: number;
}
