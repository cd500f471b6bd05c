import type { Result } from "../base/result.ts";

/** A test host as the inventory asks for it. */
export interface LabHost {
  /** Also its hostname: lower-case letters, digits and dashes. */
  readonly name: string;
  /** All hosts of a lab are in one /24 of IPv4 or one /64 of IPv6, in its canonical form; the first address is the bridge. */
  readonly address: string;
  /** Debian's codename; `bookworm` if left out. */
  readonly suite?: string;
  /** `minimal`: only what systemd and sshd need; no sudo, no procps, no CA certificates. */
  readonly packages?: "minimal";
  /** Megabytes. A virtual machine's; containers share this machine's. */
  readonly memory?: number;
  /** A virtual machine's. */
  readonly cpus?: number;
  /** The Vagrant box to make it from, in the place of the suite's. */
  readonly box?: string;
}

/** An expected failure of the lab: what happened, the failing program's own words, what to do. */
export interface LabFailure {
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  /** True: what was asked for cannot be, and nothing was touched. */
  readonly input?: true;
}

/** How far a host has come. `base tree` comes once per suite, before its hosts; `kept`, `ready` and `removed` end a host. */
export type LabStep =
  | "base tree"
  | "overlay"
  | "booting"
  | "ready"
  | "kept"
  | "removing"
  | "removed"
  | "failed";

/** Something happened to one host, or, where `host` is a suite's name, to the tree its hosts are made from. */
export interface LabEvent {
  readonly host: string;
  readonly step: LabStep;
  /** One line for people. */
  readonly detail?: string;
  /** Milliseconds since work on this host began. */
  readonly ms: number;
}

/** How `up` and `down` tell what they do, and how they are stopped. */
export interface LabWatch {
  onEvent?(event: LabEvent): void;
  /** Aborted: no host is begun any more; what runs is left for the next `up` (which goes on) or `down`. */
  readonly signal?: AbortSignal;
}

/** One host as it is now. */
export interface LabStatus extends LabHost {
  readonly state: "running" | "frozen" | "stopped";
  /** Process id on this machine of the host's init. Only of a host that runs. */
  readonly pid?: number;
}

/** What a command printed on a host, and how it ended. */
export interface LabOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A maker of test hosts. Every function that names a host fails if the lab has no such host. */
export interface LabDriver {
  /** Makes the lab hold exactly these hosts: running ones are kept, others made from scratch or removed. */
  up(hosts: readonly LabHost[], watch?: LabWatch): Promise<Result<readonly LabStatus[], LabFailure>>;
  /** Removes everything that `up` made, also after an `up` that was killed. */
  down(watch?: LabWatch): Promise<Result<void, LabFailure>>;
  /** Every host of the lab, in the order of the inventory. */
  status(): Promise<Result<readonly LabStatus[], LabFailure>>;
  /** The program and arguments that log in to a host as root. */
  sshCommand(name: string): Result<readonly string[], LabFailure>;
}
