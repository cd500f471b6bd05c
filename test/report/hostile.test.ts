import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../../src/model/event.ts";
import type { Failure } from "../../src/model/failure.ts";
import type { Change, HostPlan } from "../../src/model/plan.ts";
import type { ResourceId } from "../../src/model/resource.ts";
import type { HostReport } from "../../src/model/summary.ts";
import { createReport } from "../../src/report/create.ts";
import { renderHtml } from "../../src/report/diagram/html.ts";
import { layOut } from "../../src/report/diagram/layout.ts";
import { renderMermaid } from "../../src/report/diagram/mermaid.ts";
import { newRecorder } from "../../src/report/diagram/recorder.ts";
import { runSection } from "../../src/report/diagram/run-section.ts";
import { renderSvg } from "../../src/report/diagram/svg.ts";
import { follow } from "../../src/report/pretty/progress.ts";
import { newProgress } from "../../src/report/pretty/progress-state.ts";
import { rowLines, rowTitle } from "../../src/report/pretty/row-text.ts";
import { jsonText, newPrinter } from "../../src/report/printable.ts";
import type { OutputName } from "../../src/report/report.ts";
import { pictureOf } from "../../src/topology/picture.ts";
import { redundancyReport } from "../../src/topology/single-points.ts";
import { flawedTopology } from "../topology/stack.ts";

/** All that controls a terminal or changes the writing direction. */
const evil =
  "a\u001b[2J\u001b]0;title\u0007\u009b31m\u0090q\u009c\u202eb\u2066\u200f\u061c\u0008\u007f\u0000\u2028c\rd";
/** What must be in no output, except line ends and tabs. */
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

const id: ResourceId = `file:/${evil}`;
const failure: Failure = {
  code: "command-failed",
  message: `web1: ${evil}`,
  detail: `${evil}\n${evil}`,
  hint: evil,
  stack: `at ${evil}`,
  source: { file: evil, line: 1, col: 1 },
};
const changes = (["create", "update", "delete", "reload", "undecided"] as const).map(
  (action): Change => ({
    id,
    action,
    role: evil,
    resource: { kind: "file", key: `/${evil}`, desired: { mode: evil } },
    observed: { status: "unknown", reason: evil },
    fields: [{ field: evil, before: evil, after: [evil, evil] }],
    cause: "drift",
    trigger: "restart",
    why: evil,
  }),
);
const [change] = changes;
if (change === undefined) throw new Error("no change");
const host = evil;
const plan: HostPlan = {
  host,
  changes,
  orphans: [
    { id, role: evil },
    { id, role: evil, why: evil },
  ],
  unchanged: 1,
};
const stage = { name: evil, roles: [evil], hosts: [host] };
const report: HostReport = { host, outcome: "failed", done: 1, left: changes, failure, ms: 1 };

/** One event of each type, in the order of a run; a type without one does not compile. */
const events: Readonly<Record<Event["type"], Event>> = {
  "run-started": { type: "run-started", command: "apply", hosts: [host], forks: 1 },
  "host-connecting": { type: "host-connecting", host, address: evil },
  "host-ready": { type: "host-ready", host, os: evil, ms: 1 },
  "host-observed": { type: "host-observed", host, changes: 1, orphans: 2, unchanged: 1, ms: 1 },
  "plan-ready": {
    type: "plan-ready",
    stages: [stage],
    hosts: [plan],
    rollouts: [],
    stale: [evil],
    contents: new Map([
      [`${host}\0${id}`, { before: `old ${evil}\n`, after: `new ${evil}\n`, secret: false }],
    ]),
  },
  "stage-started": { type: "stage-started", stage, changes: 1 },
  "change-started": { type: "change-started", host, change },
  output: { type: "output", host, id, line: evil },
  "change-done": { type: "change-done", host, change, ms: 1 },
  "change-failed": { type: "change-failed", host, change, failure },
  waiting: { type: "waiting", host, what: evil, until: 1000 },
  "gate-passed": { type: "gate-passed", host, service: evil, ms: 1 },
  "gate-failed": { type: "gate-failed", host, service: evil, failure },
  step: { type: "step", host, service: evil, what: evil, ms: 1, failed: true, since: 1 },
  moved: {
    type: "moved",
    service: evil,
    from: evil,
    to: evil,
    pause: 1,
    left: [{ host: evil, why: `${evil}\nforged` }],
    alone: false,
  },
  failed: { type: "failed", service: evil, failure },
  "host-failed": { type: "host-failed", host, failure },
  "host-finished": { type: "host-finished", host, outcome: "failed", ms: 1 },
  "stage-finished": { type: "stage-finished", stage, ms: 1 },
  interrupting: { type: "interrupting" },
  "run-finished": {
    type: "run-finished",
    command: "apply",
    hosts: [report],
    ms: 1,
    resume: ["-l", evil],
  },
};
const run: readonly Event[] = [
  ...Object.values(events).slice(0, 7),
  events.output,
  ...Object.values(events).slice(8),
];

async function written(name: OutputName, told: readonly Event[], verbosity: 0 | 2): Promise<string> {
  let text = "";
  const write = (more: string): void => {
    text += more;
  };
  const options = { write, columns: 100, color: false, verbosity, diff: true, now: () => 0, tty: true };
  const made = await createReport(name, options);
  for (const event of told) made.event(event);
  await made.end();
  return text;
}

describe("text from a host cannot control a terminal", () => {
  const names: readonly OutputName[] = ["pretty", "plain", "json", "nagios"];

  it.each(names.flatMap((name) => [0, 2].map((verbosity) => [name, verbosity] as const)))(
    "%s, -v %i: a whole run",
    async (name, verbosity) => {
      const text = await written(name, run, verbosity === 0 ? 0 : 2);
      expect(text.length).toBeGreaterThan(100);
      expect(text).not.toMatch(obeyed);
      if (name !== "json") expect(text).not.toContain("title");
    },
  );

  it.each(names.flatMap((name) => Object.keys(events).map((type) => [name, type] as const)))(
    "%s: %s",
    async (name, type) => {
      const started = events["run-started"];
      const told = run.filter((event) => event.type === type);
      const text = await written(name, type === started.type ? told : [started, ...told], 2);
      expect(text).not.toMatch(obeyed);
    },
  );

  it("json: programs get it unchanged", async () => {
    const lines = (await written("json", run, 0))
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(lines).toContainEqual(expect.objectContaining({ type: "output", host, line: evil }));
  });

  it("the rows of a terminal", () => {
    const progress = newProgress(() => 0);
    const printer = newPrinter();
    for (const event of run) {
      follow(progress, printer.value(event));
      for (const row of [progress.connect, progress.observe, ...progress.stages])
        expect([rowTitle(row, 80), ...rowLines(progress, row)].join("\n")).not.toMatch(obeyed);
    }
  });

  it("the page of a run, and every picture of observed hosts", async () => {
    const recorder = newRecorder(() => 0, new Date(0));
    for (const event of run) recorder.event(event);
    const topology = flawedTopology("none.yml");
    const [{ host: first } = { host: { name: "" } }] = topology.hosts;
    const state = {
      word: "failed",
      notes: [evil],
      changes: [{ name: evil, notes: [evil] }],
      resources: [{ kind: evil, names: [evil] }],
      failure: evil,
    } as const;
    const subject = {
      topology,
      report: redundancyReport(topology),
      states: new Map([[first.name, state]]),
      seen: "now",
    };
    const picture = pictureOf(subject);
    const pages = [
      await renderHtml(picture, runSection(recorder.record())),
      renderSvg(await layOut(picture, "wide")),
      renderMermaid(picture),
    ];
    for (const page of pages) expect(page).not.toMatch(obeyed);
  });

  it("any text in any value", () => {
    const anything = fc.anything({
      values: [fc.string({ unit: "binary" }), fc.constant(evil)],
      withMap: true,
    });
    const texts = (value: unknown): readonly string[] =>
      typeof value === "string"
        ? [value]
        : value instanceof Map
          ? [...value.values()].flatMap(texts)
          : typeof value === "object" && value !== null
            ? Object.values(value).flatMap(texts)
            : [];
    fc.assert(
      fc.property(anything, (value) => {
        expect(texts(newPrinter().value(value)).join("\n")).not.toMatch(obeyed);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const json = jsonText({ text });
        expect(json).not.toMatch(obeyed);
        expect(JSON.parse(json)).toEqual({ text: text.toWellFormed() === text ? text : expect.any(String) });
      }),
    );
  });
});
