/** A member that does not follow the new leader yet, and why. */
export interface LeftBehind {
  readonly host: string;
  readonly why: string;
}

/** The result of a move. */
export interface Moved {
  /** The host of the old leader, if it is known. */
  readonly from?: string;
  /** The host of the new leader. */
  readonly to: string;
  /** Milliseconds without a leader, as far as this move caused it. */
  readonly pause: number;
  /** Members that do not follow the new leader yet. Their keepers make them follow. */
  readonly left: readonly LeftBehind[];
  /** `true`: there are other members, but none follows the new leader. Its writes wait until one does. */
  readonly alone: boolean;
}
