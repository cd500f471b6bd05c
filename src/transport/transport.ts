import type { Result } from "../base/result.ts";
import type { Failure } from "../model/failure.ts";
import type { Script } from "../model/script.ts";

/** The address and login of a host: the inventory's `ansible_*` variables, resolved. */
export interface Target {
  /** The inventory's name of the host, for messages. */
  readonly name: string;
  readonly host: string;
  /** `local`: this machine, without SSH (`ansible_connection: local`). Default: ssh. */
  readonly connection?: "ssh" | "local";
  readonly port?: number;
  readonly user?: string;
  /** Path of a private key. Left out: agent and default keys. */
  readonly keyFile?: string;
  /** Further `ssh` options from the inventory (`ansible_ssh_common_args`). */
  readonly sshArgs?: readonly string[];
  /** Become root through sudo. */
  readonly sudo: boolean;
  readonly sudoPassword?: string;
  readonly password?: string;
}

/** The result of a script. A code other than 0 is not a failure of the request. */
export interface Answer {
  readonly code: number;
  /** The number of the signal that ended the script. */
  readonly signal?: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

export interface RequestOptions {
  /** Milliseconds. After them the request fails and the connection is closed. */
  readonly deadline: number;
  /** For the message when the deadline passes: "apt-get install nginx". */
  readonly waitingFor: string;
  /** Called with each chunk of output. */
  onOutput?(chunk: Uint8Array, stream: "stdout" | "stderr"): void;
  /**
   * look: the script changes nothing and prints text. It runs without the guard, which ends every script when the connection
   * ends and costs a host as much as half a login. keep: the script runs in the session's own shell, so its descriptors stay
   * open as long as the connection. Left out: the script may change something.
   */
  readonly verb?: "look" | "keep";
}

/** One connection to one host, with one shell. Requests run one after another, in their order. */
export interface Session {
  request(script: Script, options: RequestOptions): Promise<Result<Answer, Failure>>;
  /** Ends the remote shell and all its processes, then the connection. Safe to call twice. */
  close(): Promise<void>;
  /** For tests: the number of requests, bytes in each direction. */
  readonly stats: { readonly requests: number; readonly sent: number; readonly received: number };
}

/** Connects to hosts. All transports speak the same protocol and pass the same contract suite. */
export interface Transport {
  connect(target: Target, options: { readonly deadline: number }): Promise<Result<Session, Failure>>;
}
