import { expect, it } from "vitest";
import type { Command, HostReport } from "../../src/model/summary.ts";
import { exitCode } from "../../src/report/exit-code.ts";
import { change, hostPlan, hostReport } from "./build.ts";

const left = { left: [change("undecided", "unit:nginx.service")] };
const orphaned = hostPlan("web1", [], { orphans: [{ id: "file:/old", role: "nginx" }] });
const well = hostReport("web1", "unchanged", 0);
const lost = hostReport("web2", "unreachable", 0);

const cases: readonly [expected: number, command: Command, what: string, hosts: readonly HostReport[]][] = [
  [0, "apply", "nothing to do", [well]],
  [0, "apply", "all done", [hostReport("web1", "converged", 3)]],
  [0, "apply", "no hosts", []],
  [1, "apply", "a failure", [well, hostReport("web2", "failed", 1)]],
  [1, "check", "a failure", [hostReport("web1", "changes", 0, left), hostReport("web2", "failed", 0)]],
  [1, "apply", "stopped by the user", [hostReport("web1", "interrupted", 1)]],
  [1, "apply", "left undone because of another host", [hostReport("web1", "skipped", 0, left)]],
  [0, "apply", "skipped, with nothing to do", [hostReport("web1", "skipped", 0)]],
  [4, "apply", "unreachable, the rest done", [well, lost]],
  [4, "apply", "none reachable", [lost]],
  [1, "apply", "failed beats unreachable", [lost, hostReport("web1", "failed", 0)]],
  [2, "plan", "changes found", [hostReport("web1", "changes", 0, left)]],
  [2, "check", "undecided counts", [hostReport("web1", "unchanged", 0, left)]],
  [4, "check", "unreachable beats changes found", [hostReport("web1", "changes", 0, left), lost]],
  [0, "check", "no changes found", [well]],
];

it.each(cases)("%i: %s, %s", (expected, command, _, hosts) => {
  expect(exitCode({ command, hosts, ms: 0 })).toBe(expected);
});

it("an orphan is a difference for `check`, but not for `plan`", () => {
  const plan = { stages: [], hosts: [orphaned], stale: [], rollouts: [] };
  const code = (command: Command): number => exitCode({ command, hosts: [well], ms: 0 }, plan);
  expect([code("check"), code("plan"), code("apply")]).toEqual([2, 0, 0]);
});
