import type { Result } from "../base/result.ts";
import type { Failure } from "../model/failure.ts";
import type { Script } from "../model/script.ts";

/** Where a host is and how to log in: the inventory's `ansible_*` variables, resolved. */
export interface Target {
  /** The inventory's name for it, used in every message. */
  readonly name: string;
  readonly host: string;
  /** `local`: this very machine, without SSH (`ansible_connection: local`). Default: ssh. */
  readonly connection?: "ssh" | "local";
  readonly port?: number;
  readonly user?: string;
  /** Path of a private key; absent = agent and default keys. */
  readonly keyFile?: string;
  /** Extra `ssh` options as the inventory gives them (`ansible_ssh_common_args`), for `ssh -G`. */
  readonly sshArgs?: readonly string[];
  /** Become root through sudo. */
  readonly sudo: boolean;
  readonly sudoPassword?: string;
  readonly password?: string;
}

/** What a request came back with. Not an error: a script may well end with another code than 0. */
export interface Answer {
  readonly code: number;
  /** Set when a signal ended the script: its number. */
  readonly signal?: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

export interface RequestOptions {
  /** Milliseconds until the request is given up and the connection closed. */
  readonly deadline: number;
  /** Said in the failure when the deadline passes: "apt-get install nginx". */
  readonly waitingFor: string;
  /** Called with each chunk as it comes. */
  onOutput?(chunk: Uint8Array, stream: "stdout" | "stderr"): void;
  /**
   * look: changes nothing, and prints text, which comes as one piece. It does without the guard that ends a script for
   * certain with the connection, and that costs a host as much as half a login. keep: run in the kept shell itself, so that
   * descriptors it opens live as long as the connection. Left out: it may change something.
   */
  readonly verb?: "look" | "keep";
}

/** One connection to one host, with one kept shell. Requests run one after another, in the order given. */
export interface Session {
  request(script: Script, options: RequestOptions): Promise<Result<Answer, Failure>>;
  /** Ends the remote shell and all that it started, then the connection. Safe to call twice. */
  close(): Promise<void>;
  /** For the tests: requests sent, bytes each way. */
  readonly stats: { readonly requests: number; readonly sent: number; readonly received: number };
}

/** A way to reach hosts. All ways speak the same protocol and pass the same contract suite. */
export interface Transport {
  connect(target: Target, options: { readonly deadline: number }): Promise<Result<Session, Failure>>;
}
