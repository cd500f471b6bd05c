/** A flat record: diff, display, JSON and tests are written once for all kinds. Lists are sorted. */
export type State = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** `kind:key`, unique on one host: `file:/etc/hosts`. */
export type ResourceId = `${string}:${string}`;

/** Bytes that a file shall hold. */
export interface Content {
  readonly bytes: Uint8Array;
  /** True: neither shown in a diff nor written to any log. */
  readonly secret?: boolean;
  /** Which template made it, and which template line made each rendered line (index 0 = line 1). */
  readonly template?: { readonly file: string; readonly lines: readonly number[] };
}

/** How a host takes a change back by itself that could cut off whoever makes it. All of it POSIX sh, run as root. */
export interface Confirmation {
  /** Prints, before the change, what the undo will need. Read-only; an exit code other than 0 forbids the change. */
  readonly save?: string;
  /**
   * Puts things back as they were, from what `save` printed, on its standard input. Also right where the change was not made,
   * or only half of it, and safe to run again.
   */
  readonly undo: string;
  /** From before the change until a new login must have come through. Default 30. */
  readonly seconds?: number;
}

/** What a converge script needs beside the desired state; neither compared nor shown. */
export interface Payload {
  /** Bytes that the change puts on the host. */
  readonly content?: Content;
  /** The change can cut off the connection it is made over: it stands only when a new one has confirmed it. */
  readonly confirm?: Confirmation;
  /**
   * What only the kind understands. Texts may stand in the arguments of a program, which everybody on the host can read: they
   * hold no secret. Of two roles that want the same resource, lists are joined.
   */
  readonly own?: State;
  /** A probe of its own says whether it is so. Then a changed `own` or `content` is a change of the inventory, not drift. */
  readonly probed?: true;
}

/** One thing that must be so on one host. Data only. */
export interface Resource {
  readonly kind: string;
  readonly key: string;
  /** `null`: must not exist. Fields left out are not managed. */
  readonly desired: State | null;
  readonly payload?: Payload;
  /** A change of one of these makes this one due for a reload… */
  readonly reloadOn?: readonly ResourceId[];
  /** …or, stronger, for a restart. */
  readonly restartOn?: readonly ResourceId[];
}

/** The stronger wins when both are due. */
export type Trigger = "reload" | "restart";

/** What was seen on the host. Unknown is a value, never guessed away. */
export type Observed =
  | { readonly status: "present"; readonly state: State }
  | { readonly status: "absent" }
  | { readonly status: "unknown"; readonly reason: string };
