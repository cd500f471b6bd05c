import { setTimeout as delay } from "node:timers/promises";
import { bug } from "../base/bug.ts";
import { err, ok, type Result, unreachable } from "../base/result.ts";
import type { Failure } from "../model/failure.ts";
import type { Script } from "../model/script.ts";
import {
  createDecoder,
  type Decoder,
  encodeRequest,
  guardScript,
  newToken,
  opening,
  type Piece,
  type Verb,
} from "../script/frame.ts";
import { helloMissing } from "./login-failures.ts";
import { Outbox } from "./outbox.ts";
import {
  addOutput,
  answerOf,
  connectionLost,
  deadlinePassed,
  guardOptions,
  maxNoiseBytes,
  newPendingRequest,
  outputTooLarge,
  type PendingRequest,
  protocolFailure,
  type Stream,
} from "./pending-request.ts";
import type { SessionOptions } from "./session-options.ts";
import { Greeting } from "./sudo.ts";
import type { Answer, RequestOptions, Session } from "./transport.ts";
import type { Wire, WireEnd } from "./wire.ts";

/** How long `close` waits for the remote shell, which gives its processes 10 s to end. */
const CLOSE_WITHIN_MS = 12_000;
/** The same after a failure: the remote side has probably stopped to answer. */
const ABANDON_WITHIN_MS = 500;

/** Starts the protocol on a wire that runs the boot line. Accepts requests at once. */
export function openSession(wire: Wire, options: SessionOptions): Session {
  return new WireSession(wire, options);
}

class WireSession implements Session {
  readonly #counts = { requests: 0, received: 0 };
  readonly #wire: Wire;
  readonly #mark = newToken();
  #number = 0;
  #guarded = false;
  readonly #options: SessionOptions;
  readonly #pending: PendingRequest[] = [];
  readonly #decoders: Readonly<Record<Stream, Decoder>>;
  readonly #greeting: Greeting;
  readonly #outbox: Outbox;
  #greeted = false;
  /** Bytes outside of answers since the last request. */
  #noise = 0;
  #failure: Failure | undefined;
  #closing: Promise<void> | undefined;
  readonly #helloTimer: NodeJS.Timeout;

  constructor(wire: Wire, options: SessionOptions) {
    this.#wire = wire;
    this.#options = options;
    this.#decoders = {
      stdout: createDecoder(options.token, this.#mark),
      stderr: createDecoder(options.token, this.#mark),
    };
    this.#greeting = new Greeting(options, (line) => wire.stdin.write(line));
    this.#outbox = new Outbox(wire, options.sudo === undefined);
    this.#helloTimer = setTimeout(
      () => this.#fail(helloMissing(options.host, options.helloWithin, this.#greeting.early)),
      options.helloWithin,
    );
    for (const stream of ["stdout", "stderr"] as const) {
      wire[stream].on("data", (chunk: Uint8Array) => this.#receive(stream, chunk));
      wire[stream].on("error", () => {});
    }
    // `closed` reports the reason. Without a listener, a broken pipe would end the process.
    wire.stdin.on("error", () => {});
    void wire.closed.then((end) => this.#catchBugs(() => this.#fail(this.#endOf(end))));
    this.#outbox.put([opening(this.#mark)]);
  }

  get stats(): Session["stats"] {
    return { ...this.#counts, sent: this.#outbox.sent };
  }

  request(script: Script, options: RequestOptions): Promise<Result<Answer, Failure>> {
    if (this.#failure !== undefined) return Promise.resolve(err(this.#failure));
    this.#counts.requests += 1;
    if (options.verb === undefined) this.#guard();
    return this.#send(options.verb ?? "run", script, options);
  }

  /** After this, every process of a script ends with the connection. */
  #guard(): void {
    if (this.#guarded) return;
    this.#guarded = true;
    void this.#send("guard", guardScript, guardOptions);
    this.#outbox.put([opening(this.#mark)]);
  }

  #send(verb: Verb, script: Script, options: RequestOptions): Promise<Result<Answer, Failure>> {
    this.#number += 1;
    this.#noise = 0;
    const chunks = encodeRequest(this.#number, script, verb);
    return new Promise((resolve) => {
      this.#pending.push(newPendingRequest(this.#number, options, resolve));
      this.#startTimer();
      this.#outbox.put(chunks);
    });
  }

  close(): Promise<void> {
    this.#fail(
      { code: "interrupted", message: `${this.#options.host}: the connection was closed here` },
      CLOSE_WITHIN_MS,
    );
    return this.#closing ?? Promise.resolve();
  }

  #endOf(end: WireEnd): Failure {
    if (this.#greeted) return connectionLost(this.#options.host, this.#pending[0], end.reason);
    return this.#wire.explain(end, this.#greeting.early);
  }

  #receive(stream: Stream, chunk: Uint8Array): void {
    this.#catchBugs(() => {
      if (this.#failure !== undefined) return;
      this.#counts.received += chunk.length;
      for (const piece of this.#decoders[stream].push(chunk)) {
        if (this.#failure === undefined) this.#handle(stream, piece);
      }
    });
  }

  /** An exception while output is read ends only this host's session. */
  #catchBugs(read: () => void): void {
    try {
      read();
    } catch (error) {
      this.#abortOn(bug(this.#options.host, error));
    }
  }

  /** On a failure, ends the session at once and reads no more output. */
  #abortOn(failure: Failure | undefined): void {
    if (failure === undefined) return;
    for (const stream of ["stdout", "stderr"] as const) this.#wire[stream].pause();
    this.#fail(failure, 0);
  }

  #handle(stream: Stream, piece: Piece): void {
    switch (piece.type) {
      case "noise":
        this.#abortOn(this.#greeting.add(stream, piece.bytes));
        return;
      case "hello":
        if (stream === "stdout") this.#greet();
        return;
      case "output":
        this.#output(stream, piece.bytes);
        return;
      case "end":
        this.#end(stream, piece.request, piece.code);
        return;
      case "broken":
        this.#fail(protocolFailure(this.#options.host, `not the end of an answer: ${piece.line}`));
        return;
      default:
        unreachable(piece);
    }
  }

  #greet(): void {
    this.#greeted = true;
    clearTimeout(this.#helloTimer);
    this.#outbox.release();
  }

  /** The request whose answer a stream carries now: the oldest without an end mark on this stream. */
  #current(stream: Stream): PendingRequest | undefined {
    return this.#pending.find((pending) => !pending.ended.has(stream));
  }

  #output(stream: Stream, bytes: Uint8Array): void {
    const { host } = this.#options;
    const pending = this.#current(stream);
    if (pending !== undefined) {
      this.#abortOn(addOutput(host, pending, stream, bytes));
      return;
    }
    // Between answers, this is output of a process that a script left running.
    this.#noise += bytes.length;
    if (this.#noise > maxNoiseBytes) this.#abortOn(outputTooLarge(host, maxNoiseBytes, "outside of answers"));
  }

  #end(stream: Stream, number: number, code: number): void {
    const pending = this.#current(stream);
    if (pending?.number !== number) {
      this.#fail(protocolFailure(this.#options.host, `the end of answer ${number}`));
      return;
    }
    pending.ended.add(stream);
    pending.code = code;
    if (pending.ended.size < 2) return;
    this.#pending.shift();
    clearTimeout(pending.timer);
    pending.resolve(ok(answerOf(pending)));
    this.#startTimer();
  }

  /** The deadline of a request starts when it is the oldest, because requests run one after another. */
  #startTimer(): void {
    const first = this.#pending[0];
    if (first === undefined || first.timer !== undefined) return;
    first.timer = setTimeout(
      () => this.#fail(deadlinePassed(this.#options.host, first)),
      first.options.deadline,
    );
  }

  /** Ends the session. The oldest request gets this failure, the others a lost connection. */
  #fail(failure: Failure, within = ABANDON_WITHIN_MS): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#outbox.end();
    clearTimeout(this.#helloTimer);
    this.#closing = this.#shut(within);
    const pending = this.#pending.splice(0);
    const first = pending.find(({ options }) => options !== guardOptions);
    for (const one of pending) {
      clearTimeout(one.timer);
      one.resolve(err(one === first ? failure : connectionLost(this.#options.host, one, failure.message)));
    }
  }

  async #shut(within: number): Promise<void> {
    this.#wire.stdin.end();
    const abort = new AbortController();
    const timeout = delay(within, undefined, { signal: abort.signal }).catch(() => {});
    await Promise.race([this.#wire.closed, timeout]);
    abort.abort();
    this.#wire.destroy();
    await this.#wire.closed;
  }
}
