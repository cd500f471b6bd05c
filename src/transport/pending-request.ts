import type { Result } from "../base/result.ts";
import type { Failure } from "../model/failure.ts";
import { Gathered } from "./output-buffer.ts";
import type { Answer, RequestOptions } from "./transport.ts";

/** The remote shell starts four small programs for its guard, once it comes to it. */
export const guardOptions: RequestOptions = { deadline: 30_000, waitingFor: "the guard of its shell" };

/** The two ways output comes. */
export type Stream = "stdout" | "stderr";

/** A request whose answer has not come to its end. */
export interface Pending {
  readonly number: number;
  readonly options: RequestOptions;
  readonly chunks: Readonly<Record<Stream, Gathered>>;
  /** Streams that have brought the end mark. */
  readonly ended: Set<Stream>;
  code: number;
  timer?: NodeJS.Timeout;
  resolve(result: Result<Answer, Failure>): void;
}

export function newPending(number: number, options: RequestOptions, resolve: Pending["resolve"]): Pending {
  return {
    number,
    options,
    chunks: { stdout: new Gathered(), stderr: new Gathered() },
    ended: new Set(),
    code: 0,
    resolve,
  };
}

/**
 * Shells report a death by signal n as code 128+n, and a script may end with such a code on its own (`exit 143`); the two
 * cannot be told apart. 64 is Linux's last signal.
 */
export function answerOf({ code, chunks }: Pending): Answer {
  const signal = code > 128 && code <= 128 + 64 ? { signal: code - 128 } : {};
  return { code, ...signal, stdout: chunks.stdout.all(), stderr: chunks.stderr.all() };
}

/** Milliseconds as people read them. */
export function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}

/** The failure of a request whose time is over. */
export function late(host: string, pending: Pending): Failure {
  const { deadline, waitingFor } = pending.options;
  const message = `${host}: no answer within ${seconds(deadline)} while waiting for ${waitingFor}`;
  return { code: "deadline", message, ...lastWords(pending) };
}

/** The end of what a request that failed had written, for the reader of the message. */
function lastWords(pending: Pending): { readonly detail?: string } {
  const { stdout, stderr } = pending.chunks;
  const text = Buffer.concat([stdout.end(2_000), stderr.end(2_000)])
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

/**
 * Bytes that one answer may have, both streams together. True ones are far smaller: all that is seen of a host with a thousand
 * resources is 0.3 MB, and the largest are files that `--diff` fetches. It is small enough for a controller of 1 GB: while an
 * answer is read it is held as bytes and as text.
 */
const mostAnswer = 64 * 1024 * 1024;
/** Bytes that a host may say outside of answers: greetings of login scripts, words of daemons that a script has started. */
export const mostNoise = 1024 * 1024;

/** The failure of a host that says more than anybody needs. `most`: bytes. */
export function tooMuch(host: string, most: number, during: string): Failure {
  const message = `${host}: the host sent more than ${most / 1024 / 1024} MiB ${during}`;
  return { code: "protocol", message, hint: "the connection was closed; look at what the host prints there" };
}

/** Takes what an answer brings, unless it becomes too much. */
export function gather(
  host: string,
  { chunks, options }: Pending,
  stream: Stream,
  bytes: Uint8Array,
): Failure | undefined {
  if (chunks.stdout.length + chunks.stderr.length + bytes.length > mostAnswer)
    return tooMuch(host, mostAnswer, `while waiting for ${options.waitingFor}`);
  chunks[stream].add(bytes);
  options.onOutput?.(bytes, stream);
  return undefined;
}

/** The failure of a host whose bytes cannot be made sense of. */
export function garbled(host: string, what: string): Failure {
  return { code: "protocol", message: `${host}: the host answered out of turn`, detail: what };
}
