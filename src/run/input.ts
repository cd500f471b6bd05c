import type { Event } from "../model/event.ts";
import type { Kind } from "../model/kind.ts";
import type { Command } from "../model/summary.ts";
import type { SavedPlan } from "../plan/saved.ts";
import type { Session, Target, Transport } from "../transport/transport.ts";
import type { Recall } from "./connect/facts-cache.ts";
import type { RoleInputs } from "./observe/desired.ts";

/** The user's wish to stop, looked at between two requests. */
export interface Stop {
  /** Begin nothing new. */
  requested: boolean;
  /** Give up what is under way… */
  aborted: boolean;
  /** …from the moment on that this is fulfilled. One promise for all hosts: each would else add a listener of its own. */
  readonly whenAborted: Promise<void>;
}

/** Everything a run is made from. Read before the first host is contacted. */
export interface RunInput extends RoleInputs {
  readonly command: Command;
  /** Inventory names of the hosts to work on; the topology holds all the others too. */
  readonly selected: ReadonlySet<string>;
  readonly onlyRoles: ReadonlySet<string> | "all";
  readonly targets: ReadonlyMap<string, Target>;
  readonly transport: Transport;
  readonly kinds: ReadonlyMap<string, Kind>;
  /** How many hosts are worked on at the same time. */
  readonly forks: number;
  /** Milliseconds a login may take. */
  readonly connectDeadline: number;
  /** Carry out a plan that the guard finds dangerous. */
  readonly force: boolean;
  readonly prune: boolean;
  /** A saved plan: carried out exactly, or refused. */
  readonly saved?: SavedPlan;
  /** Fetch what changed files hold now, to show a diff. */
  readonly diff: boolean;
  /** Who holds the lock, said to the run that comes second. */
  readonly holder: string;
  /** Facts of earlier runs. */
  readonly recall: Recall;
  readonly stop: Stop;
  /** Open sessions: closing them ends everything this run has started on any host. */
  readonly sessions: Set<Session>;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  emit(event: Event): void;
  /** The arguments after `provision` that do the rest, on these hosts. */
  resume(hosts: readonly string[]): readonly string[];
}
