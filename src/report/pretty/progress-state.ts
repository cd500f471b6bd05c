import type { Change } from "../../model/plan.ts";

/** waiting: not begun · skipped: nothing to do · unreached: something to do, and the run ended before. */
type RowState = "waiting" | "active" | "done" | "failed" | "skipped" | "unreached";

/** One row of the display: connecting, observing, or a stage (several stages, where there are too many for a row each). */
export interface StageRow {
  readonly name: string;
  /** Names of the stages it stands for. */
  readonly stages: readonly string[];
  readonly ended: Set<string>;
  readonly hosts: Set<string>;
  readonly roles: Set<string>;
  /** Hosts that are through with it. */
  readonly arrived: Set<string>;
  /** Failure by host, the newest last. */
  readonly failures: Map<string, string>;
  state: RowState;
  /** Changes planned, and done. */
  changes: number;
  done: number;
  /** Milliseconds its stages took. */
  ms: number;
}

export function newStageRow(
  name: string,
  hosts: Iterable<string>,
  stages: readonly string[] = [name],
): StageRow {
  return {
    name,
    stages,
    ended: new Set(),
    hosts: new Set(hosts),
    roles: new Set(),
    arrived: new Set(),
    failures: new Map(),
    state: "waiting",
    changes: 0,
    done: 0,
    ms: 0,
  };
}

/** What one host does right now. A host that does nothing has none. */
export interface Activity {
  readonly row: StageRow;
  /** `create file:/etc/hosts`, `waits for …`. */
  readonly text: string;
  /** By the report's clock, in milliseconds. */
  readonly since: number;
  /** The change it is at, where it is at one. */
  readonly change?: string;
  /** When it gives up, where it waits. */
  readonly until?: number;
  /** The last line that the command in hand wrote. */
  line?: string;
}

/** Where a run is: its rows, and what each host does. Made from events alone, so it is tested without a terminal. */
export interface Progress {
  readonly connect: StageRow;
  readonly observe: StageRow;
  /** In the order of their doing; final once the first has begun, but for stages that no plan names. */
  readonly stages: StageRow[];
  /** By host: hosts that do something. */
  readonly doing: Map<string, Activity>;
  /** Changes planned and not yet done, by host. */
  readonly due: Map<string, Map<string, Change>>;
  readonly now: () => number;
  started: number;
  interrupted: boolean;
}

/** A run of which nothing is known yet. */
export function newProgress(now: () => number): Progress {
  const [connect, observe] = [newStageRow("connect", []), newStageRow("observe", [])];
  return {
    connect,
    observe,
    stages: [],
    doing: new Map(),
    due: new Map(),
    now,
    started: now(),
    interrupted: false,
  };
}

/** The row that hosts are at work in now. */
export const activeRow = (p: Progress): StageRow =>
  p.stages.find(({ state }) => state === "active") ?? p.observe;

/** Changes of some roles that are planned and not yet done, on one host or on all. */
export function dueOf(p: Progress, roles: ReadonlySet<string>, host?: string): readonly Change[] {
  const changes = host === undefined ? [...p.due.values()] : [p.due.get(host) ?? new Map<string, Change>()];
  return changes.flatMap((all) => [...all.values()].filter(({ role }) => roles.has(role)));
}
