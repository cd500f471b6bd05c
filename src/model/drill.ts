import type { Loss } from "./topology.ts";

/**
 * What a fault does: it loses a member in one of these ways, or it disturbs members in a way that must move nothing. `alerted`: a host of
 * monitoring is off while a daemon is stopped, of which monitoring must tell once.
 */
export type Way = Loss | Nuisance | "alerted";

/** Too little to move a leader or an address. */
export type Nuisance =
  | "paused" // the daemon stands still for a second
  | "lossy" // the hosts lose two packets in a hundred
  | "busy"; // eight programs compute on the host

/** Which member of a service a fault hits: who serves (the leader, the holder of an address), one that only follows, any, or all. */
export type Part = "leader" | "follower" | "member" | "each" | "all";

/** One thing to break, derived from the topology. */
export interface Fault {
  /** Unique: `sql: leader killed`. */
  readonly name: string;
  readonly service: string;
  /** The service whose leader serves here; undefined: all members serve. */
  readonly leaderOf: string | undefined;
  readonly role: string;
  readonly tier: string;
  readonly part: Part;
  readonly way: Way;
  /** The hosts among which the victim is chosen. */
  readonly hosts: readonly string[];
  /** A second service, a member of which is hit, too. `alerted`: it is stopped, and told of. `islanded`: it is the client. */
  readonly with?: string;
  /** Seconds until the drill heals what it broke. */
  readonly seconds: number;
  readonly promise: Bounds;
  /** Why it cannot be tried here; undefined: it can. */
  readonly untried?: string;
}

/** What users may see of a fault, at most. */
export interface Bounds {
  /** Seconds without an answered read. */
  readonly reads: number;
  /** Seconds without an acknowledged write. */
  readonly writes: number;
  /** Requests that may fail while the service pauses. */
  readonly fails: "nothing" | "writes" | "requests";
  /** Leaders and addresses stay where they are. */
  readonly stays: boolean;
  /** A cache may be empty afterwards: no member is left that has its keys. */
  readonly forgets?: true;
}

/** A kind of request of the load. `own`: a read of what was just written. `cached`: a read of what the cache has. */
export type RequestKind = "read" | "write" | "own" | "cached";

/** What the requests of one kind met. Seconds. */
export interface KindFigures {
  readonly sent: number;
  /** Reason → how many. */
  readonly failed: Readonly<Record<string, number>>;
  /** How many failed that began after the promised pause. */
  readonly late: number;
  /** The usual time between two requests: what is shorter was not measured. */
  readonly interval: number;
  /** The longest time without a good answer. */
  readonly gap: number;
  readonly slowest: number;
}

/** What was seen of one fault. */
export interface Verdict {
  readonly fault: string;
  readonly service: string;
  readonly tier: string;
  readonly way: Way;
  readonly round: number;
  /** The hosts that were hit. */
  readonly hit: readonly string[];
  /** Seconds since the drill began: the fault, its healing, and when all was well again. */
  readonly begun: number;
  readonly healed: number;
  readonly whole: number | undefined;
  readonly promise: Bounds;
  readonly kinds: Readonly<Partial<Record<RequestKind, KindFigures>>>;
  /** Acknowledged writes that a member does not have: `db1: ID`. */
  readonly missing: readonly string[];
  /** Reads that did not show a write that was acknowledged before. */
  readonly stale: readonly string[];
  /** Keys that no cache had any more. */
  readonly lostKeys: number;
  /** `sql: db1 → db2`. */
  readonly moves: readonly string[];
  /** Those of services whose leader was not hit. */
  readonly strayed: readonly string[];
  /** What monitoring sent: `2026-11-01T10:00:00Z web1 http CRITICAL mon1`. */
  readonly alerts: readonly string[];
  /** How many alerts told of the daemon that was stopped to be told of. */
  readonly told?: number;
  /** What still needs a person: warnings of checks that were not there before. */
  readonly left: readonly string[];
  /** What somebody had to do: `db1: started mariadb.service`. */
  readonly helped: readonly string[];
  /** Promises that were not kept, in words. None: the fault passed. */
  readonly broken: readonly string[];
}

/** One second of the load: answered and failed requests by kind. */
export interface LoadSecond {
  /** Seconds since the drill began. */
  readonly at: number;
  readonly answered: number;
  readonly failed: number;
  /** Milliseconds of the slowest answer. */
  readonly slowest: number;
}

/** A whole drill. `provision drill --output json` prints it. */
export interface DrillRecord {
  readonly version: 1;
  /** ISO 8601. */
  readonly date: string;
  readonly inventory: readonly string[];
  readonly seed: number;
  readonly url: string;
  /** The load has writes, and a way to look for them; else reads alone are judged. */
  readonly judgesWrites: boolean;
  readonly acknowledged: number;
  readonly ledger: string;
  readonly verdicts: readonly Verdict[];
  /** Faults that could not be tried, with the reason. */
  readonly untried: readonly { readonly fault: string; readonly why: string }[];
  readonly load: readonly LoadSecond[];
  /** Why it ended before its last fault. */
  readonly stopped?: string;
}

/** What happens while a drill runs. Seconds since it began. */
export type DrillEvent =
  | { readonly type: "waiting"; readonly what: string; readonly seconds: number }
  | { readonly type: "begun"; readonly fault: Fault; readonly round: number }
  | { readonly type: "step"; readonly fault: string; readonly what: string }
  | { readonly type: "ended"; readonly verdict: Verdict };

/** The figures of a drill by fault. Seconds. */
export interface MeasuredFault {
  readonly fault: string;
  readonly service: string;
  readonly rounds: number;
  /** The longest times without a read and without a write in each round. */
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** In how many rounds a promise was broken. */
  readonly broken: number;
}

/** A drill, as `explain` repeats it. */
export interface Measured extends Pick<DrillRecord, "date"> {
  readonly faults: readonly MeasuredFault[];
}
