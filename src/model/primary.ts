/** Where one member of a replicated service stands, as its own host says. */
export interface MemberState {
  /**
   * `closed`: neither takes writes nor follows anyone, as right after a boot. `replica-open`: follows, and takes writes of
   * its own as well. `down`: no answer from the daemon.
   */
  readonly role: "primary" | "replica" | "replica-open" | "closed" | "down";
  /** The address a replica follows. */
  readonly source?: string;
  /** All that it has, applied or only received, in the daemon's own words. */
  readonly position?: string;
  /** Why a replica cannot follow any more: it has diverged, or its files are broken. */
  readonly broken?: string;
  /** A primary acknowledges nothing that no replica has, however long that takes. */
  readonly endless?: true;
}

/** What is run on one member's host, as root. An exit code other than 0 is a failure, what it printed its reason. */
export interface HostStep {
  readonly script: string;
  /** It has ended after so many seconds, well or not, also where the daemon hangs. */
  readonly seconds: number;
}

/**
 * How the primary of a replicated service is moved, as data: shell text for one member's own host each. Nothing in it is
 * secret. `run/switchover` and `run/failover` are the only callers, and the only places that know the order of the steps.
 */
export interface PrimaryMoves {
  /** The service whose endpoints are the members. */
  readonly service: string;
  /** Prints what `parse` reads. */
  readonly state: HostStep;
  /** Garbage parses to `down`. */
  parse(output: string): MemberState;
  /** Below 0: `a` has less than `b`. `undefined`: each has something the other lacks. */
  compare(a: string, b: string): number | undefined;
  /** On the primary: no new writes; those under way end, or are ended after `seconds`. Prints the final position. */
  close(seconds: number): HostStep;
  /** Undoes `close`, also one that is still at work. */
  readonly reopen: HostStep;
  /** On a replica: waits until all of `position` is applied, at most `seconds`. */
  catchUp(position: string, seconds: number): HostStep;
  /** On a replica: takes nothing more from its primary, so that the primary can acknowledge nothing more; goes on applying. */
  readonly fence: HostStep;
  /** Undoes `fence`, and loses nothing that was received. */
  readonly unfence: HostStep;
  /** On a member that must not be the primary any more: takes no writes, also where its daemon hangs, and stays so. */
  readonly retire: HostStep;
  /** On a member that has all there is: becomes the primary and takes writes. */
  readonly promote: HostStep;
  /** Follows the primary at this address from its own position; ends well only when replication runs. */
  follow(address: string): HostStep;
}

/** A member that does not follow the new primary yet, and why. */
export interface LeftBehind {
  readonly host: string;
  readonly why: string;
}

/** What became of the primary. */
export interface Moved {
  /** The host that it was on, where that is known. */
  readonly from?: string;
  /** The host that it is on now. */
  readonly to: string;
  /** Milliseconds in which no write was acknowledged, as far as this program had a hand in it. */
  readonly pause: number;
  /** Members that do not follow the new primary yet, which the next run sees to: a list of `host` and `why`. */
  readonly left: readonly LeftBehind[];
  /** `true`: there are other members, and none follows it, so its writes may wait until one does. */
  readonly alone: boolean;
  /** What else there is to know, a sentence each. */
  readonly notes: readonly string[];
}
