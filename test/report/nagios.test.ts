import { describe, expect, it } from "vitest";
import type { Failure } from "../../src/model/failure.ts";
import type { HostPlan } from "../../src/model/plan.ts";
import type { HostReport } from "../../src/model/summary.ts";
import { createNagios, nagiosResult } from "../../src/report/nagios.ts";
import { change, hostPlan, hostReport } from "./build.ts";

const lost: Failure = { code: "unreachable", message: "web2: nobody | answers" };
const unseen = hostReport("web2", "unreachable", 0, { failure: lost });
const result = (
  plans: readonly HostPlan[],
  hosts: readonly HostReport[] = [hostReport("web1", "changes", 0)],
) =>
  nagiosResult({ command: "check", hosts, ms: 1500 }, { stages: [], hosts: plans, stale: [], rollouts: [] });

const drift = change("update", "file:/etc/hosts", { cause: "drift" });
const pending = change("update", "file:/etc/motd", { cause: "pending" });
const undecided = change("undecided", "unit:x.service", { cause: "drift" });

describe("nagiosResult", () => {
  it.each([
    ["OK", 0, [hostPlan("web1", [])], [hostReport("web1", "unchanged", 0)]],
    ["WARNING", 1, [hostPlan("web1", [pending])], undefined],
    ["WARNING", 1, [hostPlan("web1", [undecided])], undefined],
    ["WARNING", 1, [hostPlan("web1", [], { orphans: [{ id: "file:/old", role: "r" }] })], undefined],
    ["CRITICAL", 2, [hostPlan("web1", [pending, drift])], undefined],
    ["CRITICAL", 2, [hostPlan("web1", [{ ...drift, cause: "conflict" }])], undefined],
    ["CRITICAL", 2, [hostPlan("web1", [drift])], [hostReport("web1", "changes", 0), unseen]],
    ["UNKNOWN", 3, [hostPlan("web1", [pending])], [hostReport("web1", "changes", 0), unseen]],
  ] as const)("%s = %i", (word, code, plans, hosts) => {
    const { text, code: got } = result(plans, hosts);
    expect(got).toBe(code);
    expect(text).toMatch(new RegExp(`^${word} - [^|\\n]+ \\| hosts=`));
  });

  it("names drifted resources and their hosts", () => {
    expect(result([hostPlan("web1", [drift])]).text).toContain(
      "1 resource changed on the host: web1 file:/etc/hosts",
    );
  });

  it("gives numbers that a monitoring system can draw", () => {
    const pairs =
      result([hostPlan("web1", [drift, pending])])
        .text.split(" | ")[1]
        ?.split(" ") ?? [];
    expect(pairs.length).toBeGreaterThan(5);
    for (const pair of pairs) expect(pair).toMatch(/^[a-z]+=[0-9.]+s?(;[0-9]*){3}$/);
    expect(pairs).toContain("drift=1;;0;0");
    expect(pairs).toContain("time=1.500s;;;0");
  });
});

it("a run that was cut off is UNKNOWN, never OK", () => {
  let text = "";
  const write = (more: string): void => {
    text += more;
  };
  const report = createNagios({ write, columns: 80, color: false, verbosity: 0, diff: false, now: () => 0 });
  report.event({ type: "run-started", command: "check", hosts: ["web1"], forks: 1 });
  report.end();
  expect(text).toBe("UNKNOWN - the check did not finish\n");
});
