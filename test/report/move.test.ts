import { expect, it } from "vitest";
import { createReport } from "../../src/report/create.ts";
import { newRecorder } from "../../src/report/diagram/recorder.ts";
import { runSection } from "../../src/report/diagram/run-section.ts";
import { follow } from "../../src/report/pretty/progress.ts";
import { newProgress } from "../../src/report/pretty/progress-state.ts";
import { rowLines } from "../../src/report/pretty/row-text.ts";
import type { OutputName } from "../../src/report/report.ts";
import type { Step } from "./build.ts";
import { moveScript, moving } from "./move-scripts.ts";

/** What `switchover` and `failover` print. */
async function printed(name: OutputName, steps: readonly Step[]): Promise<readonly string[]> {
  let [text, clock] = ["", 3000];
  const view = { columns: 100, tty: false, color: false, verbosity: 0, diff: false } as const;
  const write = (more: string): void => {
    text += more;
  };
  const report = await createReport(name, { ...view, write, now: () => clock });
  for (const [at, event] of steps) {
    clock = at;
    report.event(event);
  }
  await report.end();
  return text.trimEnd().split("\n");
}

it("a move without a run shows each step, and its result as plain sentences", async () => {
  expect(await printed("plain", moving)).toEqual([
    "[  0.0s] db2  catches up with db1, which still takes writes…",
    "[  0.2s] db2  catches up with db1, which still takes writes: done in 0.20 s",
    "[  0.2s] db1  takes no more writes…",
    "[  0.2s] db1  takes no more writes: done in 0.03 s",
    "[  0.2s] db2  has all that was written…",
    "[  0.3s] db2  has all that was written: done in 0.01 s",
    "[  0.3s] db2  takes writes…",
    "[  0.3s] db2  takes writes: done in 0.08 s",
    "[  0.3s] db3  follows db2…",
    "[  0.3s] db1  follows db2…",
    "[  0.4s] db3  follows db2: failed after 0.10 s",
    "[  0.5s] db1  follows db2: done in 0.12 s",
    "db2 is the primary of sql, in place of db1.",
    "No write was acknowledged for 0.24 s.",
    "db3 does not follow it yet: could not be reached",
    "The next run of `provision` makes them follow, or rebuilds them.",
  ]);
});

it("programs get one line for each step, and one for the result", async () => {
  const near = "catches up with db1, which still takes writes";
  const lines = (await printed("json", moving)).map((line) => JSON.parse(line));
  expect(lines.slice(0, 2)).toEqual([
    { at: 0, version: 1, type: "step", service: "sql", host: "db2", what: near, since: 10 },
    { at: 200, type: "step", service: "sql", host: "db2", what: near, ms: 200, since: 210 },
  ]);
  expect(lines.at(-1)).toEqual({ at: 440, ...moving.at(-1)?.[1] });
});

it("on a terminal, a run names the member at work, also one that it does not change otherwise", () => {
  let clock = 0;
  const progress = newProgress(() => clock);
  for (const [at, event] of moveScript.steps.filter(([time]) => time <= 3400)) {
    clock = at;
    follow(progress, event);
  }
  const [row] = progress.stages;
  expect(row && rowLines(progress, row)).toEqual(["db3: follows db2", "db1: follows db2"]);
});

it("the page of a run has the steps of its hosts, and the result of the move", () => {
  let clock = 0;
  const recorder = newRecorder(() => clock, new Date(0));
  for (const [at, event] of moveScript.steps) {
    clock = at;
    recorder.event(event);
  }
  const run = recorder.record();
  expect(run.hosts.map(({ name, steps }) => [name, steps.filter(({ kind }) => kind === "wait")])).toEqual([
    [
      "db1",
      [
        { kind: "wait", name: "wait for the primary of sql to move away", notes: [], from: 3000, to: 3500 },
        { kind: "wait", name: "takes no more writes", notes: [], from: 3210, to: 3240 },
        { kind: "wait", name: "follows db2", notes: [], from: 3330, to: 3450 },
      ],
    ],
    [
      "db2",
      [
        {
          kind: "wait",
          name: "catches up with db1, which still takes writes",
          notes: [],
          from: 3010,
          to: 3210,
        },
        { kind: "wait", name: "has all that was written", notes: [], from: 3240, to: 3250 },
        { kind: "wait", name: "takes writes", notes: [], from: 3250, to: 3330 },
      ],
    ],
  ]);
  expect(runSection(run).html).toContain("<p>db2 is the primary of sql, in place of db1. No write was");
});
