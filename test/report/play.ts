import type { Event } from "../../src/model/event.ts";
import type { Plan } from "../../src/model/plan.ts";
import { exitCode } from "../../src/report/exit-code.ts";
import type { Report, ReportOptions } from "../../src/report/report.ts";
import type { Script } from "./build.ts";

/** The output of a report, and the exit code of the run. */
export interface Played {
  readonly text: string;
  readonly exit: number;
}

/** Sends a run to a report, with a clock that jumps from event to event. */
export async function play(
  make: (options: ReportOptions) => Report,
  script: Script,
  options: Partial<ReportOptions> = {},
): Promise<Played> {
  let text = "";
  let clock = 0;
  const write = (more: string): void => {
    text += more;
  };
  const base = { columns: 80, color: false, verbosity: 0, diff: script.diff === true } as const;
  const report = make({ ...base, ...options, write, now: () => clock });
  for (const [at, event] of script.steps) {
    clock = at;
    report.event(event);
  }
  await report.end();
  return { text, exit: exitOf(script.steps.map(([, event]) => event)) };
}

/** The exit code of the command line. */
export function exitOf(events: readonly Event[]): number {
  let plan: Plan | undefined;
  for (const event of events) {
    if (event.type === "plan-ready") plan = event;
    if (event.type === "run-finished") return exitCode(event, plan);
  }
  throw new Error("the run of this test does not end");
}
