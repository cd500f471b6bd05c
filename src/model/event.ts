import type { Failure } from "./failure.ts";
import type { Change, Plan, Stage } from "./plan.ts";
import type { Moved } from "./primary.ts";
import type { ResourceId } from "./resource.ts";
import type { Command, Outcome, Summary } from "./summary.ts";

/**
 * Everything that happens. Reports are made from nothing else. Every field says what it holds: `docs/events.md` is written from
 * these comments.
 */
export type Event = RunEvent | HostEvent | ChangeEvent | GateEvent | MoveEvent;

/** Events of the run as a whole */
type RunEvent = RunStarted | PlanReady | StageStarted | StageFinished | Interrupting | RunFinished;

/** The run begins. Always the first line of a run. */
export interface RunStarted {
  readonly type: "run-started";
  /** `apply`, `plan` or `check`. */
  readonly command: Command;
  /** Names of the hosts, in the order of the inventory. */
  readonly hosts: readonly string[];
  /** How many hosts are worked on at the same time. */
  readonly forks: number;
}

/** All hosts that could be reached are observed, and all changes are known. */
export interface PlanReady extends Plan {
  readonly type: "plan-ready";
  /** What changed files hold and shall hold, when a diff was asked for. */
  readonly contents?: FileContents;
}

/** A stage begins. */
export interface StageStarted {
  readonly type: "stage-started";
  /** A Stage. */
  readonly stage: Stage;
  /** How many changes it has. */
  readonly changes: number;
}

/** A stage has ended. */
export interface StageFinished {
  readonly type: "stage-finished";
  /** A Stage. */
  readonly stage: Stage;
  /** Milliseconds it took. */
  readonly ms: number;
}

/** The user asked the run to stop. No new change is begun. */
interface Interrupting {
  readonly type: "interrupting";
}

/** The run has ended. Always the last line; a stream without it was cut off. */
interface RunFinished extends Summary {
  readonly type: "run-finished";
}

/** Events of a host */
export type HostEvent = HostConnecting | HostReady | HostObserved | Waiting | HostFailed | HostFinished;

/** What is told of one host. */
interface OfHost {
  /** The host's name in the inventory. */
  readonly host: string;
}

/** A connection is being opened. */
interface HostConnecting extends OfHost {
  readonly type: "host-connecting";
  /** Where to: a name or an IP address. */
  readonly address: string;
}

/** The host is logged in to, and has told what it is. */
interface HostReady extends OfHost {
  readonly type: "host-ready";
  /** Its system and version: `debian 12`. */
  readonly os: string;
  /** Milliseconds since connecting began. */
  readonly ms: number;
}

/** The host was observed. `plan-ready` names the changes. */
interface HostObserved extends OfHost {
  readonly type: "host-observed";
  /** How many resources differ. */
  readonly changes: number;
  /** How many resources were applied once and are no longer wanted. */
  readonly orphans: number;
  /** How many resources are as desired. */
  readonly unchanged: number;
  /** Milliseconds since connecting began. */
  readonly ms: number;
}

/** The host waits for something. */
export interface Waiting extends OfHost {
  readonly type: "waiting";
  /** What for. */
  readonly what: string;
  /** Milliseconds until it gives up. */
  readonly until: number;
}

/** Nothing more is done on this host. */
interface HostFailed extends OfHost {
  readonly type: "host-failed";
  /** A Failure. */
  readonly failure: Failure;
}

/** The host has come to its end. */
interface HostFinished extends OfHost {
  readonly type: "host-finished";
  /** One of the outcomes below. */
  readonly outcome: Outcome;
  /** Milliseconds since the run began. */
  readonly ms: number;
}

/** Events of a change */
export type ChangeEvent = ChangeStarted | Output | ChangeDone | ChangeFailed;

/** A change begins. */
interface ChangeStarted extends OfHost {
  readonly type: "change-started";
  /** A Change. */
  readonly change: Change;
}

/** The command in hand wrote a line. It is the host's own text and may hold control characters. */
export interface Output extends OfHost {
  readonly type: "output";
  /** The resource that is being changed. */
  readonly id: ResourceId;
  /** The line, without its end. */
  readonly line: string;
}

/** A change ended without an error. */
interface ChangeDone extends OfHost {
  readonly type: "change-done";
  /** A Change. */
  readonly change: Change;
  /** Milliseconds it took. */
  readonly ms: number;
}

/** A change failed. */
interface ChangeFailed extends OfHost {
  readonly type: "change-failed";
  /** A Change. */
  readonly change: Change;
  /** A Failure. */
  readonly failure: Failure;
}

/** Events of a health check */
export type GateEvent = GatePassed | GateFailed;

/** A service of the host is healthy; what needs it may go on. */
interface GatePassed extends OfHost {
  readonly type: "gate-passed";
  /** The service's name. */
  readonly service: string;
  /** Milliseconds it took. */
  readonly ms: number;
}

/** A service of the host did not get healthy in time. */
interface GateFailed extends OfHost {
  readonly type: "gate-failed";
  /** The service's name. */
  readonly service: string;
  /** A Failure. */
  readonly failure: Failure;
}

/** Events of moving the primary of a service, by a command of its own or in a run */
export type MoveEvent = MoveStep | MoveDone | MoveFailed;

/** A step of the move on one member: told when it begins, and again, with `ms`, when it has ended. */
export interface MoveStep extends OfHost {
  readonly type: "step";
  /** The service whose primary moves. */
  readonly service: string;
  /** What the member does: `takes no more writes`. */
  readonly what: string;
  /** Milliseconds the step took; absent while it lasts. */
  readonly ms?: number;
  /** `true` where it failed. */
  readonly failed?: true;
  /** Milliseconds since the move began. */
  readonly since: number;
}

/** The service has another primary. */
export interface MoveDone extends Moved {
  readonly type: "moved";
  /** The service's name. */
  readonly service: string;
}

/** The primary was not moved by `switchover` or `failover`. A run tells that as the failure of the host that it spares. */
interface MoveFailed {
  readonly type: "failed";
  /** The service's name. */
  readonly service: string;
  /** A Failure. */
  readonly failure: Failure;
}

/** By host and resource, `host\0id`: what the file holds (null = no file), and shall hold (null = no file). */
export type FileContents = ReadonlyMap<string, FileContent>;

export interface FileContent {
  readonly before: string | null;
  readonly after: string | null;
  /** True: neither may be shown. */
  readonly secret: boolean;
}
