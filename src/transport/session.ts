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
import { noHello } from "./login-failures.ts";
import { Outbox } from "./outbox.ts";
import {
  answerOf,
  garbled,
  gather,
  guardOptions,
  late,
  lost,
  mostNoise,
  newPending,
  type Pending,
  type Stream,
  tooMuch,
} from "./pending-request.ts";
import type { SessionOptions } from "./session-options.ts";
import { Greeting } from "./sudo.ts";
import type { Answer, RequestOptions, Session } from "./transport.ts";
import type { Wire, WireEnd } from "./wire.ts";

/** Milliseconds a dying remote shell is waited for: its grace of 10 s, and a little. */
const CLOSE_WITHIN = 12_000;
/** The same where the remote side has stopped to answer: it will not begin again for a farewell. */
const ABANDON_WITHIN = 500;

/** Starts the protocol on a wire whose far end runs the boot line. Requests may be given at once. */
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
  readonly #pending: Pending[] = [];
  /** Requests (from the oldest) whose answers each stream still brings. */
  readonly #decoders: Readonly<Record<Stream, Decoder>>;
  readonly #greeting: Greeting;
  readonly #outbox: Outbox;
  #greeted = false;
  /** Bytes outside of answers since the last request. */
  #stray = 0;
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
      () => this.#fail(noHello(options.host, options.helloWithin, this.#greeting.early)),
      options.helloWithin,
    );
    for (const stream of ["stdout", "stderr"] as const) {
      wire[stream].on("data", (chunk: Uint8Array) => this.#receive(stream, chunk));
      wire[stream].on("error", () => {});
    }
    // What went wrong is told by `closed`; without a listener a broken pipe would end the process.
    wire.stdin.on("error", () => {});
    void wire.closed.then((end) => this.#reading(() => this.#fail(this.#endOf(end))));
    this.#outbox.put([opening(this.#mark)]);
  }

  get stats(): Session["stats"] {
    return { ...this.#counts, sent: this.#outbox.sent };
  }

  request(script: Script, options: RequestOptions): Promise<Result<Answer, Failure>> {
    if (this.#failure !== undefined) return Promise.resolve(err(this.#failure));
    this.#counts.requests += 1;
    if (options.verb === undefined) this.#guard();
    return this.#ask(options.verb ?? "run", script, options);
  }

  /** From here on nothing outlives the connection, whatever it does. */
  #guard(): void {
    if (this.#guarded) return;
    this.#guarded = true;
    void this.#ask("guard", guardScript, guardOptions);
    this.#outbox.put([opening(this.#mark)]);
  }

  #ask(verb: Verb, script: Script, options: RequestOptions): Promise<Result<Answer, Failure>> {
    this.#number += 1;
    this.#stray = 0;
    const chunks = encodeRequest(this.#number, script, verb);
    return new Promise((resolve) => {
      this.#pending.push(newPending(this.#number, options, resolve));
      this.#startTimer();
      this.#outbox.put(chunks);
    });
  }

  close(): Promise<void> {
    this.#fail(
      { code: "interrupted", message: `${this.#options.host}: the connection was closed here` },
      CLOSE_WITHIN,
    );
    return this.#closing ?? Promise.resolve();
  }

  #endOf(end: WireEnd): Failure {
    if (this.#greeted) return lost(this.#options.host, this.#pending[0], end.reason);
    return this.#wire.explain(end, this.#greeting.early);
  }

  #receive(stream: Stream, chunk: Uint8Array): void {
    this.#reading(() => {
      // Of a host that was given up nothing more is read.
      if (this.#failure !== undefined) return;
      this.#counts.received += chunk.length;
      for (const piece of this.#decoders[stream].push(chunk)) {
        if (this.#failure === undefined) this.#take(stream, piece);
      }
    });
  }

  /** An exception while the output of this host is read ends its session, and nothing else. */
  #reading(listen: () => void): void {
    try {
      listen();
    } catch (error) {
      this.#dropFor(bug(this.#options.host, error));
    }
  }

  /** For such a reason the session ends at once, without a farewell and without reading what still comes. */
  #dropFor(failure: Failure | undefined): void {
    if (failure === undefined) return;
    for (const stream of ["stdout", "stderr"] as const) this.#wire[stream].pause();
    this.#fail(failure, 0);
  }

  #take(stream: Stream, piece: Piece): void {
    switch (piece.type) {
      case "noise":
        this.#dropFor(this.#greeting.hear(stream, piece.bytes));
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
        this.#fail(garbled(this.#options.host, `not the end of an answer: ${piece.line}`));
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

  /** The request that a stream is in: the oldest whose mark it has not brought yet. */
  #reader(stream: Stream): Pending | undefined {
    return this.#pending.find((pending) => !pending.ended.has(stream));
  }

  #output(stream: Stream, bytes: Uint8Array): void {
    const { host } = this.#options;
    const pending = this.#reader(stream);
    if (pending !== undefined) {
      this.#dropFor(gather(host, pending, stream, bytes));
      return;
    }
    // Between answers: something that a script left running still writes. It is nobody's answer.
    this.#stray += bytes.length;
    if (this.#stray > mostNoise) this.#dropFor(tooMuch(host, mostNoise, "that belong to no answer"));
  }

  #end(stream: Stream, number: number, code: number): void {
    const pending = this.#reader(stream);
    if (pending?.number !== number) {
      this.#fail(garbled(this.#options.host, `the end of answer ${number}`));
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

  /** A request's time begins when it is the oldest: those before it have their own. */
  #startTimer(): void {
    const first = this.#pending[0];
    if (first === undefined || first.timer !== undefined) return;
    first.timer = setTimeout(() => this.#fail(late(this.#options.host, first)), first.options.deadline);
  }

  /** Ends the session; the oldest that was asked gets the reason, the others that it is lost. */
  #fail(failure: Failure, within = ABANDON_WITHIN): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#outbox.end();
    clearTimeout(this.#helloTimer);
    this.#closing = this.#shut(within);
    const pending = this.#pending.splice(0);
    const first = pending.find(({ options }) => options !== guardOptions);
    for (const one of pending) {
      clearTimeout(one.timer);
      one.resolve(err(one === first ? failure : lost(this.#options.host, one, failure.message)));
    }
  }

  async #shut(within: number): Promise<void> {
    this.#wire.stdin.end();
    const abort = new AbortController();
    const late = delay(within, undefined, { signal: abort.signal }).catch(() => {});
    await Promise.race([this.#wire.closed, late]);
    abort.abort();
    this.#wire.destroy();
    await this.#wire.closed;
  }
}
