import { expect, it } from "vitest";
import { createReport } from "../../src/report/create.ts";
import { newRecorder } from "../../src/report/diagram/recorder.ts";
import { runSection } from "../../src/report/diagram/run-section.ts";
import { follow } from "../../src/report/pretty/progress.ts";
import { newProgress } from "../../src/report/pretty/progress-state.ts";
import { rowLines } from "../../src/report/pretty/row-text.ts";
import type { OutputName } from "../../src/report/report.ts";
import type { Step } from "./build.ts";
import { moveScript, moving, refused } from "./move-scripts.ts";

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
    "[  0.0s] db1  hands over…",
    "[  0.3s] db1  hands over: done in 0.24 s",
    "db2 leads sql now, in place of db1.",
    "The move took 0.24 s.",
    "db3 does not follow it yet: could not be asked.",
    "Their keepers make them follow, or copy the data again.",
  ]);
  expect(await printed("plain", refused)).toEqual([
    "[  0.0s] db3  leads, though others are missing…",
    "[  0.1s] db3  leads, though others are missing: failed after 0.10 s",
  ]);
});

it("programs get one line for each step, and one for the result", async () => {
  const lines = (await printed("json", moving)).map((line) => JSON.parse(line));
  expect(lines.slice(0, 2)).toEqual([
    { at: 0, version: 1, type: "step", service: "sql", host: "db1", what: "hands over", since: 10 },
    { at: 240, type: "step", service: "sql", host: "db1", what: "hands over", ms: 240, since: 250 },
  ]);
  expect(lines.at(-1)).toEqual({ at: 440, ...moving.at(-1)?.[1] });
});

it("on a terminal, a run names the member at work, also one that it does not change otherwise", () => {
  const rowsAfter = (steps: readonly Step[]): readonly string[] => {
    let clock = 0;
    const progress = newProgress(() => clock);
    for (const [at, event] of steps) {
      clock = at;
      follow(progress, event);
    }
    const [row] = progress.stages;
    return row === undefined ? [] : rowLines(progress, row);
  };
  const before = moveScript.steps.filter(([time]) => time <= 3000);
  expect(rowsAfter([...before, ...moving.slice(0, 1)])).toEqual(["db1: hands over"]);
  expect(rowsAfter([...before, ...refused.slice(0, 1)])).toContain("db3: leads, though others are missing");
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
        { kind: "wait", name: "wait for the leader of sql to move away", notes: [], from: 3000, to: 3500 },
        { kind: "wait", name: "hands over", notes: [], from: 3010, to: 3250 },
      ],
    ],
    ["db2", []],
  ]);
  expect(runSection(run).html).toContain(
    "<p>db2 leads sql now, in place of db1. The move took 0.24 s. db3 does not follow it yet: could not be asked. Their keepers",
  );
});
