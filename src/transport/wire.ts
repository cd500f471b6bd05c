import type { Readable, Writable } from "node:stream";
import type { Failure } from "../model/failure.ts";

/** How a wire ended, as far as is known. */
export interface WireEnd {
  /** Exit code of the remote command, or of the local `ssh`. */
  readonly code?: number;
  /** Why, when it was not the command that ended: "read ECONNRESET". */
  readonly reason?: string;
}

/** What the remote side said before the protocol began. */
export interface Early {
  readonly stdout: string;
  readonly stderr: string;
}

/** Two-way bytes to a started boot line: what a session needs, and all that transports differ in. */
export interface Wire {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when nothing more will be heard, after the last byte of both streams. Never rejects. */
  readonly closed: Promise<WireEnd>;
  /** Drops the connection now. Safe to call twice. */
  destroy(): void;
  /** Says what went wrong when the wire ended before the hello. */
  explain(end: WireEnd, early: Early): Failure;
}
