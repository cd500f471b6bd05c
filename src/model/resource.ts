/** A flat record, so that one diff, one display and one JSON form serve all kinds. Lists are sorted. */
export type State = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** `kind:key`, unique on one host: `file:/etc/hosts`. */
export type ResourceId = `${string}:${string}`;

/** The desired bytes of a file. */
export interface Content {
  readonly bytes: Uint8Array;
  /** True: never shown in a diff or written to a log. */
  readonly secret?: boolean;
  /** The template, and the template line of each rendered line (index 0 = line 1). */
  readonly template?: { readonly file: string; readonly lines: readonly number[] };
}

/** How a host undoes a change by itself if the change blocks logins. All scripts are POSIX sh and run as root. */
export interface Confirmation {
  /** Runs before the change and prints what `undo` needs. Read-only. An exit code other than 0 stops the change. */
  readonly save?: string;
  /**
   * Restores the old state. Reads the output of `save` on standard input. Also works if the change was made only in part, or
   * not at all. Safe to run again.
   */
  readonly undo: string;
  /** The time for the change and a new login. After it, the host undoes the change. Default 30. */
  readonly seconds?: number;
}

/** What a converge script needs beside the desired state. It is not compared and not shown. */
export interface Payload {
  /** The bytes that the change writes on the host. */
  readonly content?: Content;
  /** The change can block logins: the host undoes it unless a new connection confirms it. */
  readonly confirm?: Confirmation;
  /**
   * Data that only the kind understands. It must hold no secret: texts may become arguments of a program, which every user of
   * the host can read. If two roles want the same resource, their lists are joined.
   */
  readonly own?: State;
  /** True: a probe decides whether it is as desired. A changed `own` or `content` is then a change of the inventory, not drift. */
  readonly probed?: true;
}

/** The desired state of one thing on one host. Data only. */
export interface Resource {
  readonly kind: string;
  readonly key: string;
  /** `null`: must not exist. Fields that are left out are not managed. */
  readonly desired: State | null;
  readonly payload?: Payload;
  /** A change of one of these makes this one due for a reload… */
  readonly reloadOn?: readonly ResourceId[];
  /** …or, stronger, for a restart. */
  readonly restartOn?: readonly ResourceId[];
}

/** If both are due, only the restart is done. */
export type Trigger = "reload" | "restart";

/** The observed state of a resource. Unknown is never treated as present or absent. */
export type Observed =
  | { readonly status: "present"; readonly state: State }
  | { readonly status: "absent" }
  | { readonly status: "unknown"; readonly reason: string };
