import type { Readable, Writable } from "node:stream";
import type { Failure } from "../model/failure.ts";

/** How a wire ended, as far as this is known. */
export interface WireEnd {
  /** Exit code of the remote command, or of the local `ssh`. */
  readonly code?: number;
  /** Why the connection ended before the command: "read ECONNRESET". */
  readonly reason?: string;
}

/** What the remote side printed before the hello of its shell. */
export interface EarlyOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** The byte streams of a running boot line. A session needs nothing else, and transports differ in nothing else. */
export interface Wire {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves after the last byte of both streams. Never rejects. */
  readonly closed: Promise<WireEnd>;
  /** Closes the connection now. Safe to call twice. */
  destroy(): void;
  /** The failure of a wire that ended before the hello. */
  explain(end: WireEnd, early: EarlyOutput): Failure;
}
