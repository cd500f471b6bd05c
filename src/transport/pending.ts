import type { Failure } from "../model/failure.ts";
import type { Result } from "../model/result.ts";
import type { Answer, RequestOptions } from "./transport.ts";

/** The remote shell starts four small programs for its guard, once it comes to it. */
export const guardOptions: RequestOptions = { deadline: 30_000, waitingFor: "the guard of its shell" };

/** The two ways output comes. */
export type Stream = "stdout" | "stderr";

/** A request whose answer has not come to its end. */
export interface Pending {
  readonly number: number;
  readonly options: RequestOptions;
  readonly chunks: Readonly<Record<Stream, Uint8Array[]>>;
  /** Streams that have brought the end mark. */
  readonly ended: Set<Stream>;
  code: number;
  timer?: NodeJS.Timeout;
  resolve(result: Result<Answer, Failure>): void;
}

export function newPending(number: number, options: RequestOptions, resolve: Pending["resolve"]): Pending {
  return { number, options, chunks: { stdout: [], stderr: [] }, ended: new Set(), code: 0, resolve };
}

/**
 * Shells report a death by signal n as code 128+n, and a script may end with such a code on its own (`exit 143`); the two
 * cannot be told apart. 64 is Linux's last signal.
 */
export function answerOf({ code, chunks }: Pending): Answer {
  const signal = code > 128 && code <= 128 + 64 ? { signal: code - 128 } : {};
  return { code, ...signal, stdout: Buffer.concat(chunks.stdout), stderr: Buffer.concat(chunks.stderr) };
}

/** Milliseconds as people read them. */
export function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}

/** The end of what a request that failed had written, for the reader of the message. */
export function lastWords(pending: Pending): { readonly detail?: string } {
  const text = Buffer.concat([...pending.chunks.stdout, ...pending.chunks.stderr])
    .subarray(-2_000)
    .toString("utf8")
    .trim();
  return text === "" ? {} : { detail: text };
}

/** The failure of a request that was under way, or waiting, when the connection went. */
export function lost(host: string, pending: Pending | undefined, reason: string | undefined): Failure {
  const during = pending === undefined ? "" : ` while waiting for ${pending.options.waitingFor}`;
  const message = `${host}: the connection was lost${during}`;
  return { code: "connection-lost", message, ...(reason === undefined ? {} : { detail: reason }) };
}

/** The failure of a host whose bytes cannot be made sense of. */
export function garbled(host: string, what: string): Failure {
  return { code: "protocol", message: `${host}: the host answered out of turn`, detail: what };
}
