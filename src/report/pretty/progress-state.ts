import type { Change } from "../../model/plan.ts";

/** waiting: not begun · skipped: nothing to do · unreached: something to do, but the run ended before. */
type RowState = "waiting" | "active" | "done" | "failed" | "skipped" | "unreached";

/** One row of the display: connecting, observing, or a stage. If there are too many stages, the last row stands for several. */
export interface StageRow {
  readonly name: string;
  /** Names of the stages that the row stands for. */
  readonly stages: readonly string[];
  readonly ended: Set<string>;
  readonly hosts: Set<string>;
  readonly roles: Set<string>;
  /** Hosts that have finished it. */
  readonly arrived: Set<string>;
  /** The failure of each host, the newest last. */
  readonly failures: Map<string, string>;
  state: RowState;
  /** Number of planned changes; `done`: number of those that are done. */
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

/** What a host does now. An idle host has none. */
export interface Activity {
  readonly row: StageRow;
  /** `create file:/etc/hosts`, `waits for …`. */
  readonly text: string;
  /** In milliseconds of the clock of the report. */
  readonly since: number;
  /** The id of the present change, if there is one. */
  readonly change?: string;
  /** For a wait: when it is given up. */
  readonly until?: number;
  /** The last line of output of the present change. */
  line?: string;
}

/** The progress of a run: its rows, and what each host does. It depends only on events, so tests need no terminal. */
export interface Progress {
  readonly connect: StageRow;
  readonly observe: StageRow;
  /** In the order of the run. Complete when the first has begun, except for stages that no plan names. */
  readonly stages: StageRow[];
  /** By host, for hosts that do something now. */
  readonly doing: Map<string, Activity>;
  /** By host: planned changes that are not done yet. */
  readonly due: Map<string, Map<string, Change>>;
  readonly now: () => number;
  started: number;
  interrupted: boolean;
}

/** The progress before the first event. */
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

/** The row of the stage that runs now. */
export const activeRow = (p: Progress): StageRow =>
  p.stages.find(({ state }) => state === "active") ?? p.observe;

/** Planned changes of some roles that are not done yet, on one host or on all. */
export function dueOf(p: Progress, roles: ReadonlySet<string>, host?: string): readonly Change[] {
  const changes = host === undefined ? [...p.due.values()] : [p.due.get(host) ?? new Map<string, Change>()];
  return changes.flatMap((all) => [...all.values()].filter(({ role }) => roles.has(role)));
}
