import type { AccountPlugin } from "provision";
import type { Vars } from "../vars.ts";

/**
 * One statement set. What `provision-sql` does with a member is said once, in its template; these are the words for it.
 * A `%s` stands for what is filled in there.
 */
interface Statements {
  /** Takes writes from nobody but replication; waits for those under way. */
  readonly close: string;
  readonly open: string;
  /** Commits wait for a replica; `%s` milliseconds at the most. */
  readonly arm: string;
  readonly disarm: string;
  /** Gives one number: how many replicas acknowledge. */
  readonly acknowledging: string;
  /** Gives ON while commits wait for a replica. */
  readonly waiting: string;
  /** Gives all transactions that were applied here. */
  readonly position: string;
  /** Gives 0 when all of `%s` was applied within `%s` seconds. */
  readonly applied: string;
  readonly stopReceiving: string;
  readonly startReceiving: string;
  readonly startApplying: string;
  /** Is no replica any more. */
  readonly forget: string;
  /** Follows the primary at `%s` with the password `%s` from the member's own position, with nothing left out. */
  readonly follow: string;
}

/** A daemon: its packages, files, settings and words. */
export interface Flavour {
  readonly name: "mariadb" | "mysql";
  readonly packages: readonly string[];
  readonly unit: string;
  /** Units of the package that are not to run. */
  readonly unwanted: readonly string[];
  /** Its settings; the file is read last. */
  readonly config: string;
  /** Judges a settings file, `%s`. */
  readonly check: string;
  /** Plugin by which an account logs in with a password, and without one as the system user of its name. */
  readonly password: AccountPlugin;
  readonly socket: AccountPlugin;
  /** Privileges to read what replication does. */
  readonly monitor: readonly string[];
  /** Privileges to replicate, and to be given a copy. */
  readonly replication: readonly string[];
  readonly statements: Statements;
  settings(vars: Vars): Readonly<Record<string, string | number>>;
}
