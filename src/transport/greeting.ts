import type { Failure } from "../model/failure.ts";
import { createWatch, passwordRefused } from "./login-words.ts";
import { mostNoise, type Stream, tooMuch } from "./pending.ts";
import { withoutOurWords } from "./quoted.ts";
import type { SessionOptions } from "./session-options.ts";
import type { Early } from "./wire.ts";

/** What a host says before its shell says hello: words of login scripts, and sudo's question, which is answered once. */
export class Greeting {
  readonly #options: SessionOptions;
  readonly #answer: (line: string) => void;
  readonly #watches: Readonly<Record<Stream, ReturnType<typeof createWatch>>>;
  #answered = false;
  #bytes = 0;

  constructor(options: SessionOptions, answer: (line: string) => void) {
    this.#options = options;
    this.#answer = answer;
    this.#watches = { stdout: createWatch(), stderr: createWatch(options.sudo?.prompt) };
  }

  /** Gives the reason to go no further, if there is one. */
  hear(stream: Stream, bytes: Uint8Array): Failure | undefined {
    this.#bytes += bytes.length;
    this.#watches[stream].add(bytes);
    if (this.#bytes > mostNoise) return tooMuch(this.#options.host, mostNoise, "before its shell answered");
    const { sudo, host } = this.#options;
    const { prompts } = this.#watches.stderr;
    if (sudo === undefined || prompts === 0) return undefined;
    if (prompts > 1) return passwordRefused(host, this.early);
    if (!this.#answered) this.#answer(`${sudo.password}\n`);
    this.#answered = true;
    return undefined;
  }

  get early(): Early {
    const { stdout, stderr } = this.#watches;
    const { token } = this.#options;
    return { stdout: withoutOurWords(stdout.text, token), stderr: withoutOurWords(stderr.text, token) };
  }
}
