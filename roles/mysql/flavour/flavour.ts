import type { AccountPlugin } from "provision";
import type { Vars } from "../vars.ts";

/**
 * The SQL statements of one daemon. The template of `provision-sql` has the steps, which are the same for both daemons; these
 * are the statements for them. The program replaces each `%s`.
 */
interface Statements {
  /** Takes only writes of replication; waits for writes in progress. */
  readonly close: string;
  readonly open: string;
  /** Commits wait for a replica, at most `%s` milliseconds. */
  readonly arm: string;
  readonly disarm: string;
  /** Returns the number of replicas that acknowledge. */
  readonly acknowledging: string;
  /** Returns ON while commits wait for a replica. */
  readonly waiting: string;
  /** Returns all applied transactions. */
  readonly position: string;
  /** Returns 0 if all transactions of `%s` were applied within `%s` seconds. */
  readonly applied: string;
  readonly stopReceiving: string;
  readonly startReceiving: string;
  readonly startApplying: string;
  /** Stops being a replica. */
  readonly forget: string;
  /** Follows the primary at `%s` with the password `%s`, from the member's own position, without a gap. */
  readonly follow: string;
}

/** A daemon: its packages, files, settings and statements. */
export interface Flavour {
  readonly name: "mariadb" | "mysql";
  readonly packages: readonly string[];
  readonly unit: string;
  /** Units of the package that must not run. */
  readonly unwanted: readonly string[];
  /** Path of its settings file, which it reads last. */
  readonly config: string;
  /** Command that checks a settings file, `%s`. */
  readonly check: string;
  /** Plugin for a login with a password; `socket`: for a login as the system user with the account's name. */
  readonly password: AccountPlugin;
  readonly socket: AccountPlugin;
  /** Privileges to read the state of replication. */
  readonly monitor: readonly string[];
  /** Privileges to replicate and to get a copy. */
  readonly replication: readonly string[];
  readonly statements: Statements;
  settings(vars: Vars): Readonly<Record<string, string | number>>;
}
