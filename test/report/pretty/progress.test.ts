import { describe, expect, it } from "vitest";
import { finishAll, follow, mostRows } from "../../../src/report/pretty/progress.ts";
import { newProgress, type Progress } from "../../../src/report/pretty/progress-state.ts";
import { rowLines, rowTitle } from "../../../src/report/pretty/row-text.ts";
import { change, doing, hostPlan, type Step, stage } from "../build.ts";
import { scripts } from "../scripts.ts";

function progressAfter(steps: readonly Step[], until = Number.POSITIVE_INFINITY): Progress {
  let clock = 0;
  const progress = newProgress(() => clock);
  for (const [at, event] of steps.filter(([time]) => time <= until)) {
    clock = at;
    follow(progress, event);
  }
  return progress;
}

const states = ({ connect, observe, stages }: Progress) =>
  [connect, observe, ...stages].map(({ name, state }) => `${name}: ${state}`);
const steps = (name: string): readonly Step[] => scripts.find((script) => script.name === name)?.steps ?? [];

describe("rows", () => {
  it("follow the run", () => {
    expect(states(progressAfter(steps("converged"), 310))).toEqual(["connect: active", "observe: active"]);
    expect(states(progressAfter(steps("converged"), 705))).toEqual([
      "connect: done",
      "observe: done",
      "nginx: waiting",
      "haproxy, keepalived: waiting",
    ]);
    // The plan names no packages: the stage comes before those it names.
    expect(states(progressAfter(steps("converged"), 900)).slice(2)).toEqual([
      "packages: active",
      "nginx: waiting",
      "haproxy, keepalived: waiting",
    ]);
    expect(states(progressAfter(steps("converged"))).slice(2)).toEqual([
      "packages: done",
      "nginx: done",
      "haproxy, keepalived: done",
    ]);
  });

  it("count hosts that have finished their changes", () => {
    const nginx = progressAfter(steps("converged"), 10_950).stages[1];
    expect(nginx?.name).toBe("nginx");
    expect([...(nginx?.arrived ?? [])]).toEqual(["web1"]);
    // A host that waits for its gate has not finished.
    expect([...(progressAfter(steps("converged"), 10_400).stages[1]?.arrived ?? [])]).toEqual([]);
  });

  it("separate stages that were not reached from stages without changes", () => {
    expect(states(progressAfter(steps("interrupted"))).at(-1)).toBe("haproxy, keepalived: unreached");
    const cutOff = progressAfter(steps("converged"), 5000);
    finishAll(cutOff);
    expect(states(cutOff).slice(2)).toEqual([
      "packages: failed",
      "nginx: unreached",
      "haproxy, keepalived: unreached",
    ]);
  });

  it("count a failure once, although the change and the host report it", () => {
    const { connect, observe, stages } = progressAfter(steps("failures"));
    expect([connect, observe, ...stages].map(({ failures }) => failures.size)).toEqual([0, 0, 0, 2, 1]);
  });

  it("are never more than fit a terminal", () => {
    const names = Array.from({ length: 40 }, (_, n) => `role${n}`);
    const changes = names.map((role) => change("create", `file:/${role}`, { role }));
    const stages = names.map((role) => stage(role, [role], ["a"]));
    const all: readonly Step[] = [
      [0, { type: "run-started", command: "apply", hosts: ["a"], forks: 1 }],
      [1, { type: "plan-ready", stages, hosts: [hostPlan("a", changes)], stale: [], rollouts: [] }],
      ...["before", ...names, "after", "later still"].flatMap((name): readonly Step[] => [
        [2, { type: "stage-started", stage: stage(name, [name], ["a"]), changes: 1 }],
        ...doing("a", changes.find(({ role }) => role === name) ?? change("create", "file:/other"), 3, 4),
        [5, { type: "stage-finished", stage: stage(name, [name], ["a"]), ms: 3 }],
      ]),
    ];
    const progress = progressAfter(all);
    finishAll(progress);
    expect(states(progress).length).toBeLessThanOrEqual(mostRows);
    expect(states(progress)).toContain("30 more stages: done");
    expect(progress.stages.reduce((sum, { done }) => sum + done, 0)).toBe(43);
  });
});

describe("the text of a row", () => {
  it("names at most four busy hosts, waiting hosts first, and the number of the others", () => {
    const hosts = Array.from({ length: 9 }, (_, n) => `web${n}`);
    const changes = [change("create", "file:/x")];
    const progress = progressAfter([
      [0, { type: "run-started", command: "apply", hosts, forks: 9 }],
      [
        1,
        {
          type: "plan-ready",
          stages: [stage("nginx", ["nginx"], hosts)],
          hosts: hosts.map((host) => hostPlan(host, changes)),
          stale: [],
          rollouts: [],
        },
      ],
      [2, { type: "stage-started", stage: stage("nginx", ["nginx"], hosts), changes: 9 }],
      ...hosts.map(
        (host, n): Step => [
          10 + n,
          { type: "change-started", host, change: changes[0] ?? change("create", "file:/x") },
        ],
      ),
      [7000, { type: "waiting", host: "web8", what: "http to be healthy", until: 60_000 }],
      [9100, { type: "output", host: "web0", id: "file:/x", line: "\u001b[31mhello\u001b[0m" }],
    ]);
    const [row] = progress.stages;
    if (row === undefined) throw new Error("no row");
    expect(rowTitle(row, 80)).toBe("nginx                0/9 hosts, 0/9 changes");
    expect(rowLines(progress, row)).toEqual([
      "web8: waits for http to be healthy 2s (gives up in 57s)",
      "web0: create file:/x 9s | hello",
      "web1: create file:/x 9s",
      "web2: create file:/x 9s",
      "and 5 more hosts at work",
    ]);
  });
});
