import type { Failure } from "../model/failure.ts";
import type { Elevation } from "../script/frame.ts";
import { createWatch, passwordRefused } from "./login-failures.ts";
import { mostNoise, type Stream, tooMuch } from "./pending-request.ts";
import type { SessionOptions } from "./session-options.ts";
import type { Target } from "./transport.ts";
import type { Early } from "./wire.ts";
import { withoutOurWords } from "./without-own-command.ts";

/** How to become root on a target, and what to tell sudo if it asks. */
export interface Become {
  readonly elevation: Elevation;
  readonly sudo?: NonNullable<SessionOptions["sudo"]>;
}

/** `root`: the login is root's already, so that no sudo need be installed. */
export function becomeRoot(target: Target, root: boolean, token: string): Become {
  if (!target.sudo || root) return { elevation: { type: "none" } };
  if (target.sudoPassword === undefined) return { elevation: { type: "sudo" } };
  const prompt = `[${token}] password:`;
  return { elevation: { type: "sudo-password", prompt }, sudo: { prompt, password: target.sudoPassword } };
}

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
