import type { Failure } from "../model/failure.ts";
import type { Elevation } from "../script/frame.ts";
import { sudoPasswordRefused } from "./login-failures.ts";
import { maxNoiseBytes, outputTooLarge, type Stream } from "./pending-request.ts";
import type { SessionOptions } from "./session-options.ts";
import type { Target } from "./transport.ts";
import type { EarlyOutput } from "./wire.ts";
import { withoutOwnCommand } from "./without-own-command.ts";

/** How to become root on a target. `sudo`: its prompt and password, if it may ask. */
interface RootAccess {
  readonly elevation: Elevation;
  readonly sudo?: NonNullable<SessionOptions["sudo"]>;
}

/** Uses sudo only if the login is not root's (`root`): the host may have no sudo. */
export function becomeRoot(target: Target, root: boolean, token: string): RootAccess {
  if (!target.sudo || root) return { elevation: { type: "none" } };
  if (target.sudoPassword === undefined) return { elevation: { type: "sudo" } };
  const prompt = `[${token}] password:`;
  return { elevation: { type: "sudo-password", prompt }, sudo: { prompt, password: target.sudoPassword } };
}

/** Bytes of each stream that are kept for messages. */
const KEPT = 8_192;

/** The end of one stream, and how often sudo's prompt was in it. */
interface StreamTail {
  add(bytes: Uint8Array): void;
  readonly prompts: number;
  readonly text: string;
}

/** `prompt` may be split over chunks. Left out: no prompt is counted. */
function createStreamTail(prompt = ""): StreamTail {
  let tail = Buffer.alloc(0);
  let prompts = 0;
  let searched = Buffer.alloc(0);
  const word = Buffer.from(prompt);
  return {
    add(bytes) {
      tail = Buffer.concat([tail, bytes]).subarray(-KEPT);
      if (word.length === 0) return;
      searched = Buffer.concat([searched, bytes]);
      for (let at = searched.indexOf(word); at >= 0; at = searched.indexOf(word)) {
        prompts += 1;
        searched = searched.subarray(at + word.length);
      }
      searched = searched.subarray(Math.max(0, searched.length - word.length + 1));
    },
    get prompts() {
      return prompts;
    },
    get text() {
      return tail.toString("utf8").trim();
    },
  };
}

/** The output of a host before the hello of its shell: login scripts, and sudo's prompt, which is answered once. */
export class Greeting {
  readonly #options: SessionOptions;
  readonly #send: (line: string) => void;
  readonly #tails: Readonly<Record<Stream, StreamTail>>;
  #answered = false;
  #bytes = 0;

  constructor(options: SessionOptions, send: (line: string) => void) {
    this.#options = options;
    this.#send = send;
    this.#tails = { stdout: createStreamTail(), stderr: createStreamTail(options.sudo?.prompt) };
  }

  /** Returns a failure if the login cannot go on. */
  add(stream: Stream, bytes: Uint8Array): Failure | undefined {
    this.#bytes += bytes.length;
    this.#tails[stream].add(bytes);
    if (this.#bytes > maxNoiseBytes)
      return outputTooLarge(this.#options.host, maxNoiseBytes, "before its shell answered");
    const { sudo, host } = this.#options;
    const { prompts } = this.#tails.stderr;
    if (sudo === undefined || prompts === 0) return undefined;
    if (prompts > 1) return sudoPasswordRefused(host, this.early);
    if (!this.#answered) this.#send(`${sudo.password}\n`);
    this.#answered = true;
    return undefined;
  }

  get early(): EarlyOutput {
    const { stdout, stderr } = this.#tails;
    const { token } = this.#options;
    return { stdout: withoutOwnCommand(stdout.text, token), stderr: withoutOwnCommand(stderr.text, token) };
  }
}
