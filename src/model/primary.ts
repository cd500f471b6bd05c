/** Where one member of a replicated service stands, as its own host says. */
export interface MemberState {
  /** `closed`: neither takes writes nor follows anyone, as right after a boot. `down`: no answer from the daemon. */
  readonly role: "primary" | "replica" | "closed" | "down";
  /** The address a replica follows. */
  readonly source?: string;
  /** All that it has, applied or only received, in the daemon's own words. */
  readonly position?: string;
  /** Why a replica cannot follow any more: it has diverged, or its files are broken. */
  readonly broken?: string;
}

/**
 * How the primary of a replicated service is moved, as data: shell text for one member's own host each, run as root. An
 * exit code other than 0 is a failure, what it printed its reason. Nothing in it is secret.
 * `run/switchover` is the only caller, and the only place that knows the order of the steps.
 */
export interface PrimaryMoves {
  /** The service whose endpoints are the members. */
  readonly service: string;
  /** Prints what `parse` reads. Takes 5 s at the most, also where the daemon hangs. */
  readonly state: string;
  /** Garbage parses to `down`. */
  parse(output: string): MemberState;
  /** Below 0: `a` has less than `b`. `undefined`: each has something the other lacks. */
  compare(a: string, b: string): number | undefined;
  /** On the primary: no new writes; those under way end, or are ended after `seconds`. Prints the final position. */
  close(seconds: number): string;
  /** Undoes `close`. */
  readonly reopen: string;
  /** On a replica: waits until all of `position` is applied, at most `seconds`. */
  catchUp(position: string, seconds: number): string;
  /** On a replica: takes nothing more from its primary, so that the primary can acknowledge nothing more; applies all it has. */
  fence(seconds: number): string;
  /** On a replica that is fenced or has caught up: becomes the primary and takes writes. */
  readonly promote: string;
  /** Follows the primary at this address from its own position; ends well only when replication runs. */
  follow(address: string): string;
}

/** A step on one member; told when it begins, and again with its milliseconds when it has ended. */
export interface MoveStep {
  readonly host: string;
  readonly what: string;
  readonly ms?: number;
  readonly failed?: true;
}

/** What became of the primary. */
export interface Moved {
  readonly from: string | undefined;
  readonly to: string;
  /** Milliseconds without a member that takes writes, as far as this program had a hand in it. */
  readonly pause: number;
  /** Members that do not follow the new primary yet: the next run rebuilds them. */
  readonly left: readonly string[];
}
