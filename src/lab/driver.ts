import type { Result } from "../base/result.ts";

/** A test host, as the inventory describes it. */
export interface LabHost {
  /** Also the hostname: lower-case letters, digits and dashes. */
  readonly name: string;
  /** In canonical form. All hosts of a lab are in one /24 of IPv4 or one /64 of IPv6. The bridge has the first address. */
  readonly address: string;
  /** Debian's codename. Default: `bookworm`. */
  readonly suite?: string;
  /** `minimal`: only systemd, sshd and their dependencies; no sudo, procps or CA certificates. */
  readonly packages?: "minimal";
  /** Megabytes. For virtual machines; containers share the memory of this machine. */
  readonly memory?: number;
  /** For virtual machines. */
  readonly cpus?: number;
  /** The Vagrant box. Default: the box of the suite. */
  readonly box?: string;
}

/** An expected failure of the lab: what failed, the program's error output, what to do. */
export interface LabFailure {
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  /** True: the request is not possible, and nothing was changed. */
  readonly input?: true;
}

/** A step of the work on a host. `base tree`: once for each suite, before its hosts. `kept`, `ready` and `removed` are the last. */
export type LabStep =
  | "base tree"
  | "overlay"
  | "booting"
  | "ready"
  | "kept"
  | "removing"
  | "removed"
  | "failed";

/** A step of one host. If `host` is the name of a suite: a step of its base tree. */
export interface LabEvent {
  readonly host: string;
  readonly step: LabStep;
  /** One line of text. */
  readonly detail?: string;
  /** Milliseconds since the work on this host started. */
  readonly ms: number;
}

/** Receives the events of `up` and `down`, and can stop them. */
export interface LabWatch {
  onEvent?(event: LabEvent): void;
  /** After an abort, no further host is started. Running hosts stay for the next `up` or `down`. */
  readonly signal?: AbortSignal;
}

/** One host and its state now. */
export interface LabStatus extends LabHost {
  readonly state: "running" | "frozen" | "stopped";
  /** The process id of the host's init on this machine, if the host runs. */
  readonly pid?: number;
}

/** The output and the exit code of a program. */
export interface LabOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Creates and removes test hosts. Functions with the name of a host fail if the lab has no such host. */
export interface LabDriver {
  /** After this, the lab has exactly these hosts. Running hosts are kept, missing ones created, others removed. */
  up(hosts: readonly LabHost[], watch?: LabWatch): Promise<Result<readonly LabStatus[], LabFailure>>;
  /** Removes everything that `up` created, also after an `up` that was killed. */
  down(watch?: LabWatch): Promise<Result<void, LabFailure>>;
  /** Every host of the lab, in the order of the inventory. */
  status(): Promise<Result<readonly LabStatus[], LabFailure>>;
  /** Cuts the power of a host: all its processes end at once. Keeps its files. */
  powerOff(name: string): Promise<Result<void, LabFailure>>;
  /** Boots a host that is off, with its files. Does nothing if it runs. */
  powerOn(name: string): Promise<Result<void, LabFailure>>;
  /** The program and arguments of a login as root. */
  sshCommand(name: string): Result<readonly string[], LabFailure>;
}
