/** The state of one member of a replicated service, as observed on its host. */
export interface MemberState {
  /**
   * `closed`: takes no writes and follows no primary, as right after a boot. `replica-open`: follows a primary, and also takes
   * writes from clients. `down`: the daemon does not answer.
   */
  readonly role: "primary" | "replica" | "replica-open" | "closed" | "down";
  /** The address of the primary that a replica follows. */
  readonly source?: string;
  /** All that it has received, applied or not, in the notation of the daemon. */
  readonly position?: string;
  /** Why a replica cannot follow any more: it diverged, or its files are broken. */
  readonly broken?: string;
  /** True: the primary waits for a replica without a time limit before it acknowledges a write. */
  readonly endless?: true;
}

/** A script that runs on the host of one member, as root. An exit code other than 0 is a failure; the output is its reason. */
export interface HostStep {
  readonly script: string;
  /** The script ends within this time, even if the daemon hangs. */
  readonly seconds: number;
}

/**
 * How the primary of a replicated service moves: one script for each step, for the host of one member. The scripts hold no
 * secret. Only `src/cluster/` calls them, and only it knows the order of the steps.
 */
export interface PrimaryMoves {
  /** The service whose endpoints are the members. */
  readonly service: string;
  /** Prints what `parse` reads. */
  readonly state: HostStep;
  /** Garbage gives `down`. */
  parse(output: string): MemberState;
  /** Below 0: `a` has less than `b`. `undefined`: each has something that the other has not. */
  compare(a: string, b: string): number | undefined;
  /** On the primary: stops new writes. Running writes end, or are killed after `seconds`. Prints the final position. */
  close(seconds: number): HostStep;
  /** Undoes `close`, also while it still runs. */
  readonly reopen: HostStep;
  /** On a replica: waits at most `seconds` until all of `position` is applied. */
  catchUp(position: string, seconds: number): HostStep;
  /** On a replica: receives nothing more, so that the primary cannot acknowledge any write. It keeps applying what it has. */
  readonly fence: HostStep;
  /** Undoes `fence`, and keeps all that was received. */
  readonly unfence: HostStep;
  /** On a member that must not be primary any more: takes no writes from now on, even if its daemon hangs. */
  readonly retire: HostStep;
  /** On a member that has all writes: becomes the primary and takes writes. */
  readonly promote: HostStep;
  /** On a replica: follows the primary at this address from its present position. Exits with 0 only when replication runs. */
  follow(address: string): HostStep;
}

/** A member that does not follow the new primary yet, and why. */
export interface LeftBehind {
  readonly host: string;
  readonly why: string;
}

/** The result of a move. */
export interface Moved {
  /** The host of the old primary, if it is known. */
  readonly from?: string;
  /** The host of the new primary. */
  readonly to: string;
  /** Milliseconds without an acknowledged write, as far as this program caused it. */
  readonly pause: number;
  /** Members that do not follow the new primary yet: a list of `host` and `why`. The next run makes them follow. */
  readonly left: readonly LeftBehind[];
  /** `true`: there are other members, but none follows the new primary. Its writes may wait until one does. */
  readonly alone: boolean;
  /** Further notes, a sentence each. */
  readonly notes: readonly string[];
}
