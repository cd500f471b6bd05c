import { setTimeout as delay } from "node:timers/promises";
import type { Failure } from "../model/failure.ts";
import { err, ok, type Result, unreachable } from "../model/result.ts";
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
import { createWatch, noHello, passwordRefused } from "./login.ts";
import { Outbox } from "./outbox.ts";
import {
  answerOf,
  garbled,
  guardOptions,
  lastWords,
  lost,
  newPending,
  type Pending,
  type Stream,
  seconds,
} from "./pending.ts";
import type { Answer, RequestOptions, Session } from "./transport.ts";
import type { Early, Wire } from "./wire.ts";

/** What both ends of one connection must agree on. */
export interface SessionOptions {
  /** The inventory's name of the host, for messages. */
  readonly host: string;
  /** Given to the boot line. */
  readonly token: string;
  /** Set when sudo may ask: its prompt, and the answer, which is given once. */
  readonly sudo?: { readonly prompt: string; readonly password: string };
  /** Milliseconds until the remote shell must have said hello. */
  readonly helloWithin: number;
}

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
  readonly #watches: Readonly<Record<Stream, ReturnType<typeof createWatch>>>;
  readonly #outbox: Outbox;
  #greeted = false;
  #passwordSent = false;
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
    this.#watches = { stdout: createWatch(), stderr: createWatch(options.sudo?.prompt) };
    this.#outbox = new Outbox(wire, options.sudo === undefined);
    this.#helloTimer = setTimeout(
      () => this.#fail(noHello(options.host, options.helloWithin, this.#early())),
      options.helloWithin,
    );
    for (const stream of ["stdout", "stderr"] as const) {
      wire[stream].on("data", (chunk: Uint8Array) => this.#receive(stream, chunk));
      wire[stream].on("error", () => {});
    }
    // What went wrong is told by `closed`; without a listener a broken pipe would end the process.
    wire.stdin.on("error", () => {});
    void wire.closed.then((end) =>
      this.#fail(
        this.#greeted ? lost(options.host, this.#pending[0], end.reason) : wire.explain(end, this.#early()),
      ),
    );
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

  #receive(stream: Stream, chunk: Uint8Array): void {
    this.#counts.received += chunk.length;
    for (const piece of this.#decoders[stream].push(chunk)) {
      if (this.#failure !== undefined) return;
      this.#take(stream, piece);
    }
  }

  #take(stream: Stream, piece: Piece): void {
    switch (piece.type) {
      case "noise":
        this.#watches[stream].add(piece.bytes);
        this.#answerPrompt();
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
        this.#fail(garbled(this.#options.host, `a mark that is none: ${piece.line}`));
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

  #answerPrompt(): void {
    const { prompts } = this.#watches.stderr;
    if (this.#options.sudo === undefined || prompts === 0) return;
    if (prompts > 1) {
      this.#fail(passwordRefused(this.#options.host, this.#early()));
    } else if (!this.#passwordSent) {
      this.#passwordSent = true;
      this.#wire.stdin.write(`${this.#options.sudo.password}\n`);
    }
  }

  /** The request that a stream is in: the oldest whose mark it has not brought yet. */
  #reader(stream: Stream): Pending | undefined {
    return this.#pending.find((pending) => !pending.ended.has(stream));
  }

  #output(stream: Stream, bytes: Uint8Array): void {
    const pending = this.#reader(stream);
    // Between answers: something that a script left running still writes. It is nobody's answer.
    if (pending === undefined) return;
    pending.chunks[stream].push(bytes);
    pending.options.onOutput?.(bytes, stream);
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
    const { deadline, waitingFor } = first.options;
    first.timer = setTimeout(() => {
      const message = `${this.#options.host}: no answer within ${seconds(deadline)} while waiting for ${waitingFor}`;
      this.#fail({ code: "deadline", message, ...lastWords(first) });
    }, deadline);
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

  #early(): Early {
    return { stdout: this.#watches.stdout.text, stderr: this.#watches.stderr.text };
  }
}
