import type { Event } from "../model/event.ts";
import type { Kind } from "../model/kind.ts";
import type { Command } from "../model/summary.ts";
import type { SavedPlan } from "../plan/saved.ts";
import type { Session, Target, Transport } from "../transport/transport.ts";
import type { FactsCache } from "./connect/facts-cache.ts";
import type { RoleInputs } from "./observe/desired.ts";

/** All that a run is made of, read before the first host is contacted. */
export interface RunInput {
  readonly wanted: Wanted;
  readonly reach: Reach;
  readonly policy: Policy;
  readonly caller: Caller;
}

/** What is wanted of the hosts: the topology, what its roles are asked with, and the kinds of resources they answer with. */
export interface Wanted extends RoleInputs {
  readonly kinds: ReadonlyMap<string, Kind>;
}

/** How hosts are reached. */
export interface Reach {
  readonly targets: ReadonlyMap<string, Target>;
  readonly transport: Transport;
  /** Milliseconds a login may take. */
  readonly connectDeadline: number;
  /** How many hosts are worked on at the same time. */
  readonly forks: number;
  /** Who holds the lock of a host: told to the run that comes second. */
  readonly holder: string;
  /** Open sessions: closing them ends everything this run has started on any host. */
  readonly sessions: Set<Session>;
  readonly factsCache: FactsCache;
}

/** What may be done in this run, and on which hosts. */
export interface Policy {
  readonly command: Command;
  /** Inventory names of the hosts to work on; the topology holds all the others too. */
  readonly selected: ReadonlySet<string>;
  readonly onlyRoles: ReadonlySet<string> | "all";
  /** Carry out a plan that the guard finds dangerous. */
  readonly force: boolean;
  /** Remove orphans. */
  readonly prune: boolean;
  /** Fetch the present content of files that change, to show a diff. */
  readonly diff: boolean;
  /** A saved plan: carried out exactly, or refused. */
  readonly saved?: SavedPlan;
}

/** The command that has started the run: it is told what happens, and may ask the run to stop. */
export interface Caller {
  readonly stop: Stop;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  emit(event: Event): void;
  /** The arguments after `provision` that do the rest, on these hosts. */
  resume(hosts: readonly string[]): readonly string[];
}

/** The user's request to stop, looked at between two requests. */
export interface Stop {
  /** Begin nothing new. */
  requested: boolean;
  /** Give up what is under way… */
  aborted: boolean;
  /** …from the moment on that this is fulfilled. One promise for all hosts: each would else add a listener of its own. */
  readonly whenAborted: Promise<void>;
}
