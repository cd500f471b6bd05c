import type { Event } from "../../model/event.ts";
import type { Summary } from "../../model/summary.ts";
import { renderFailures } from "../failure.ts";
import { movedLines } from "../move.ts";
import { renderPlan } from "../plan.ts";
import type { Report, ReportOptions } from "../report.ts";
import { renderSummary, type SummaryView } from "../summary.ts";
import { finishAll, follow } from "./progress.ts";
import { newProgress, type Progress, type StageRow } from "./progress-state.ts";
import { rowLines, rowTitle } from "./row-text.ts";
import { type Screen, showRows } from "./rows.ts";

interface State {
  readonly options: ReportOptions;
  readonly progress: Progress;
  readonly shown: Set<StageRow>;
  readonly observed: Set<string>;
  /** Texts that wait until no rows are on the terminal. */
  readonly texts: string[];
  screen?: Screen;
  summary?: Summary;
  command: Summary["command"];
  ended: boolean;
  wake: () => void;
}

/**
 * For terminals: a live row for each stage, then the failures and the summary. The rows go directly to standard output, which
 * listr2 takes over while they are shown. All other text goes through `write`.
 */
export function createPretty(options: ReportOptions): Report {
  const progress = newProgress(options.now);
  const state: State = {
    options,
    progress,
    shown: new Set(),
    observed: new Set(),
    texts: [],
    command: "apply",
    ended: false,
    wake: () => {},
  };
  let shows: Promise<void> | undefined;
  return {
    event(e) {
      take(state, e);
      shows ??= show(state);
    },
    async end() {
      finishAll(progress);
      state.ended = true;
      state.screen?.check();
      state.wake();
      await shows;
      if (state.summary !== undefined)
        options.write(`\n${ending(state.summary, { ...options, observed: state.observed })}`);
    },
  };
}

function take(state: State, e: Event): void {
  const { options, progress, texts } = state;
  follow(progress, e);
  if (e.type === "host-observed") state.observed.add(e.host);
  if (e.type === "run-started") state.command = e.command;
  if (e.type === "plan-ready" && (options.diff || state.command !== "apply")) {
    const { contents } = e;
    const view = { ...options, command: state.command, ...(contents === undefined ? {} : { contents }) };
    texts.push(`\n${renderPlan(e, view)}\n`);
  }
  if (e.type === "run-finished") state.summary = e;
  if (e.type === "moved") texts.push(`\n${movedLines(e).join("\n")}\n`);
  state.screen?.check();
  state.wake();
}

/** Shows rows and texts in turn: no text is written until the last row on the terminal has ended. */
async function show(state: State): Promise<void> {
  const { options, progress } = state;
  for (;;) {
    for (const text of state.texts.splice(0)) options.write(text);
    const rows = nextRows(state);
    if (rows.length > 0) {
      for (const row of rows) state.shown.add(row);
      const textOf = (row: StageRow) => ({
        title: rowTitle(row, options.columns),
        lines: rowLines(progress, row),
      });
      state.screen = showRows(rows, textOf, options.color);
      await state.screen.done;
    } else if (state.ended) return;
    else {
      await new Promise<void>((resolve) => {
        state.wake = resolve;
      });
    }
  }
}

/** The next rows to show. Stages are shown when the first has begun: before that, it is not known which stages there are. */
function nextRows({ progress, shown }: State): readonly StageRow[] {
  const { connect, observe, stages } = progress;
  if (!shown.has(connect)) return [connect, observe];
  const rows = stages.filter((row) => !shown.has(row));
  return rows.some(({ state }) => state === "active" || state === "done" || state === "failed") ? rows : [];
}

function ending(summary: Summary, view: SummaryView): string {
  const failed = summary.hosts.flatMap(({ host, failure }) =>
    failure === undefined ? [] : [{ host, failure }],
  );
  const failures = renderFailures(failed, view);
  return `${failures}${failures === "" ? "" : "\n"}${renderSummary(summary, view)}`;
}
