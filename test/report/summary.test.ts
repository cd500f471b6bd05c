import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { HostReport, Summary } from "../../src/model/summary.ts";
import { createPlain } from "../../src/report/plain/plain.ts";
import { renderSummary } from "../../src/report/summary.ts";
import { arrivals, change, hostPlan, hostReport, inOrder, type Script } from "./build.ts";
import { play } from "./play.ts";
import { ended, started } from "./resources.ts";

const failed = (code: "login-refused" | "gate-failed" | "unreachable", host = "a"): Partial<HostReport> => ({
  failure: { code, message: `${host}: no` },
});
function show(summary: Partial<Summary>, observed: readonly string[] = []): string {
  const whole: Summary = { command: "check", hosts: [], ms: 1000, ...summary };
  return renderSummary(whole, { color: false, columns: 80, observed: new Set(observed) });
}

describe("the unknown number of changes of a host", () => {
  it("is shown as unknown if the host failed before it was observed", () => {
    const hosts = [hostReport("a", "failed", 0, failed("login-refused"))];
    expect(show({ hosts })).toMatch(/^a +failed +\? {2}no$/m);
    expect(show({ hosts })).toContain("1 host failed; changes not known; 1");
    expect(show({ hosts, command: "apply" })).toMatch(/^a +failed +0 +\? {2}no$/m);
  });

  it("is a number if the host was observed, or has changes left", () => {
    const seen = [hostReport("a", "failed", 0, failed("gate-failed"))];
    expect(show({ hosts: seen }, ["a"])).toMatch(/^a +failed +0 {2}no$/m);
    const left = [change("create", "file:/x")];
    const hosts = [hostReport("a", "failed", 0, { ...failed("gate-failed"), left })];
    expect(show({ hosts })).toMatch(/^a +failed +1 {2}no$/m);
    expect(show({ hosts })).toContain("1 change found");
  });

  it("does not hide the numbers of other hosts", () => {
    const hosts = [hostReport("a", "unreachable", 0, failed("unreachable")), hostReport("b", "unchanged", 0)];
    expect(show({ hosts }, ["b"])).toContain("0 changes found");
  });

  it("follows from the events of a run", async () => {
    const [a, b] = [
      hostReport("a", "failed", 0, failed("login-refused")),
      hostReport("b", "failed", 0, failed("gate-failed", "b")),
    ];
    const plan = { stages: [], hosts: [hostPlan("b", [])], stale: [], rollouts: [] };
    const script: Script = {
      name: "half-seen",
      exit: 1,
      steps: inOrder([
        started("check", ["a", "b"]),
        ...arrivals(plan.hosts),
        [600, { type: "plan-ready", ...plan }],
        ...ended(700, { command: "check", ms: 700, hosts: [a, b] }),
      ]),
    };
    const { text } = await play(createPlain, script);
    expect(text).toMatch(/^a +failed +\? {2}no$/m);
    expect(text).toMatch(/^b +failed +0 {2}no$/m);
  });
});

it("the command that finishes the work is quoted for a shell", () => {
  const resume = [
    "apply",
    "-i",
    "my inventory/it's.yml",
    "-l",
    "web*:!web1",
    "-e",
    'a="$HOME"',
    "--roles",
    "",
  ];
  const line = /^To finish: provision (.*)$/m.exec(show({ resume }))?.[1] ?? "";
  const words = execFileSync("sh", ["-c", `printf '%s\\n' ${line}`], { cwd: "/", encoding: "utf8" });
  expect(words.split("\n").slice(0, -1)).toEqual(resume);
});
