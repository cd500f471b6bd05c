import type { Failure } from "./failure.ts";
import type { Moved } from "./move.ts";
import type { Change, Plan, Stage } from "./plan.ts";
import type { ResourceId } from "./resource.ts";
import type { Command, Outcome, Summary } from "./summary.ts";

/**
 * All that happens in a run. Events are the only input of reports. Every field has a comment: `docs/events.md` is generated
 * from them.
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
  /** How many hosts the run works on at the same time. */
  readonly forks: number;
}

/** All hosts that answered are observed, and all their changes are known. */
export interface PlanReady extends Plan {
  readonly type: "plan-ready";
  /** The present and desired content of changed files, with `--diff`. */
  readonly contents?: FileContents;
}

/** A stage begins. */
export interface StageStarted {
  readonly type: "stage-started";
  /** A Stage. */
  readonly stage: Stage;
  /** How many changes the stage has. */
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

/** The user asked the run to stop. No new change starts. */
interface Interrupting {
  readonly type: "interrupting";
}

/** The run has ended. Always the last line; a stream without it was cut off. */
interface RunFinished extends Summary {
  readonly type: "run-finished";
}

/** Events of a host */
export type HostEvent = HostConnecting | HostReady | HostObserved | Waiting | HostFailed | HostFinished;

/** An event of one host. */
interface OfHost {
  /** The host's name in the inventory. */
  readonly host: string;
}

/** The run opens a connection to the host. */
interface HostConnecting extends OfHost {
  readonly type: "host-connecting";
  /** The name or IP address that it connects to. */
  readonly address: string;
}

/** The login worked, and the facts of the host are known. */
interface HostReady extends OfHost {
  readonly type: "host-ready";
  /** The operating system and its version: `debian 12`. */
  readonly os: string;
  /** Milliseconds since connecting began. */
  readonly ms: number;
}

/** The host was observed. `plan-ready` names the changes. */
interface HostObserved extends OfHost {
  readonly type: "host-observed";
  /** How many resources differ. */
  readonly changes: number;
  /** How many resources were applied once and are no longer desired. */
  readonly orphans: number;
  /** How many resources are as desired. */
  readonly unchanged: number;
  /** Milliseconds since connecting began. */
  readonly ms: number;
}

/** The host waits for something. */
export interface Waiting extends OfHost {
  readonly type: "waiting";
  /** What the host waits for. */
  readonly what: string;
  /** Milliseconds until the wait is given up. */
  readonly until: number;
}

/** The host failed. Nothing more is done on it. */
interface HostFailed extends OfHost {
  readonly type: "host-failed";
  /** A Failure. */
  readonly failure: Failure;
}

/** The work on the host has ended. */
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

/** The command of a change wrote a line. It is text of the host, and may hold control characters. */
export interface Output extends OfHost {
  readonly type: "output";
  /** The resource that is being changed. */
  readonly id: ResourceId;
  /** The line, without the line end. */
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

/** A service of the host is healthy. Its users may go on. */
interface GatePassed extends OfHost {
  readonly type: "gate-passed";
  /** The service's name. */
  readonly service: string;
  /** Milliseconds it took. */
  readonly ms: number;
}

/** A service of the host was not healthy in time. */
interface GateFailed extends OfHost {
  readonly type: "gate-failed";
  /** The service's name. */
  readonly service: string;
  /** A Failure. */
  readonly failure: Failure;
}

/** Events of moving the leader of a service, by `switchover`, `failover` or a run */
export type MoveEvent = MoveStep | MoveDone | MoveFailed;

/** A step of the move on one member. It comes twice: when the step begins, and, with `ms`, when it has ended. */
export interface MoveStep extends OfHost {
  readonly type: "step";
  /** The service whose leader moves. */
  readonly service: string;
  /** What the member does: `hands over to db2`. */
  readonly what: string;
  /** Milliseconds the step took; absent when it begins. */
  readonly ms?: number;
  /** `true`: the step failed. */
  readonly failed?: true;
  /** Milliseconds since the move began. */
  readonly since: number;
}

/** The service has another leader. */
export interface MoveDone extends Moved {
  readonly type: "moved";
  /** The service's name. */
  readonly service: string;
}

/** `switchover` or `failover` did not move the leader. In a run, this is a failure of the host that is then not changed. */
interface MoveFailed {
  readonly type: "failed";
  /** The service's name. */
  readonly service: string;
  /** A Failure. */
  readonly failure: Failure;
}

/** The present and desired content of files (null: no file). The key is `host\0id`. */
export type FileContents = ReadonlyMap<string, FileContent>;

export interface FileContent {
  readonly before: string | null;
  readonly after: string | null;
  /** True: neither content may be shown. */
  readonly secret: boolean;
}
