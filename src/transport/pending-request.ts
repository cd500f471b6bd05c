import type { Result } from "../base/result.ts";
import type { Failure } from "../model/failure.ts";
import { OutputBuffer } from "./output-buffer.ts";
import type { Answer, RequestOptions } from "./transport.ts";

/** The deadline covers the four small programs that the remote shell starts for its guard. */
export const guardOptions: RequestOptions = { deadline: 30_000, waitingFor: "the guard of its shell" };

/** An output stream of the remote shell. */
export type Stream = "stdout" | "stderr";

/** A request whose answer is not complete. */
export interface PendingRequest {
  readonly number: number;
  readonly options: RequestOptions;
  readonly chunks: Readonly<Record<Stream, OutputBuffer>>;
  /** Streams whose end mark has arrived. */
  readonly ended: Set<Stream>;
  code: number;
  timer?: NodeJS.Timeout;
  resolve(result: Result<Answer, Failure>): void;
}

export function newPendingRequest(
  number: number,
  options: RequestOptions,
  resolve: PendingRequest["resolve"],
): PendingRequest {
  return {
    number,
    options,
    chunks: { stdout: new OutputBuffer(), stderr: new OutputBuffer() },
    ended: new Set(),
    code: 0,
    resolve,
  };
}

/** A shell reports signal n as code 128 + n. A script's own `exit 143` looks the same. 64 is the last signal of Linux. */
export function answerOf({ code, chunks }: PendingRequest): Answer {
  const signal = code > 128 && code <= 128 + 64 ? { signal: code - 128 } : {};
  return { code, ...signal, stdout: chunks.stdout.bytes(), stderr: chunks.stderr.bytes() };
}

/** Milliseconds as text: `1.5 s`. */
export function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}

/** The failure of a request whose deadline passed. */
export function deadlinePassed(host: string, pending: PendingRequest): Failure {
  const { deadline, waitingFor } = pending.options;
  const message = `${host}: no answer within ${seconds(deadline)} while waiting for ${waitingFor}`;
  return { code: "deadline", message, ...outputTail(pending) };
}

/** The end of the output so far, for the message of a failed request. */
function outputTail(pending: PendingRequest): { readonly detail?: string } {
  const { stdout, stderr } = pending.chunks;
  const text = Buffer.concat([stdout.tail(2_000), stderr.tail(2_000)])
    .subarray(-2_000)
    .toString("utf8")
    .trim();
  return text === "" ? {} : { detail: text };
}

/** The failure of a running or waiting request when the connection is lost. */
export function connectionLost(
  host: string,
  pending: PendingRequest | undefined,
  reason: string | undefined,
): Failure {
  const during = pending === undefined ? "" : ` while waiting for ${pending.options.waitingFor}`;
  const message = `${host}: the connection was lost${during}`;
  return { code: "connection-lost", message, ...(reason === undefined ? {} : { detail: reason }) };
}

/**
 * The largest answer, both streams together. Real answers are far smaller: the state of a thousand resources is 0.3 MB, and
 * the largest answers are files for `--diff`. The limit fits a controller with 1 GB, which holds an answer as bytes and as text.
 */
const maxAnswerBytes = 64 * 1024 * 1024;
/** The most output outside of answers: login scripts, and daemons that a script started. */
export const maxNoiseBytes = 1024 * 1024;

/** The failure of a host that sends too much output. `most`: bytes. */
export function outputTooLarge(host: string, most: number, during: string): Failure {
  const message = `${host}: the host sent more than ${most / 1024 / 1024} MiB ${during}`;
  return { code: "protocol", message, hint: "the connection was closed. Check what the host prints" };
}

/** Adds output to an answer, or returns a failure if the answer becomes too large. */
export function addOutput(
  host: string,
  { chunks, options }: PendingRequest,
  stream: Stream,
  bytes: Uint8Array,
): Failure | undefined {
  if (chunks.stdout.length + chunks.stderr.length + bytes.length > maxAnswerBytes)
    return outputTooLarge(host, maxAnswerBytes, `while waiting for ${options.waitingFor}`);
  chunks[stream].add(bytes);
  options.onOutput?.(bytes, stream);
  return undefined;
}

/** The failure of a host whose output breaks the protocol. */
export function protocolFailure(host: string, what: string): Failure {
  return { code: "protocol", message: `${host}: the host's output breaks the protocol`, detail: what };
}
