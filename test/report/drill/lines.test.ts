import { describe, expect, it } from "vitest";
import { eventLine, faultLines, recordLines, verdictWords } from "../../../src/report/drill/lines.ts";
import { drill, verdict } from "./made-up.ts";

describe("the verdict of a fault", () => {
  it("says what users saw, what moved, and when all was well", () => {
    expect(verdictWords(verdict(), false)).toBe(
      "kept: without a read 0.05 s, a write 0.75 s; failed: 2 write 502 Bad Gateway, 1 write timeout; sql: db1 → db2; whole 7.2 s after it was healed",
    );
  });

  it("begins with the promises that were broken", () => {
    expect(
      verdictWords(verdict({ broken: ["3 s without a read, not 2.5"], whole: undefined }), false),
    ).toMatch(/^BROKEN: 3 s without a read, not 2\.5: without a read/);
  });

  it("has no figure for requests that were not sent", () => {
    expect(verdictWords(verdict({ kinds: {} }), false)).toContain("without a read –, a write –");
  });
});

describe("a drill in lines", () => {
  it("shows each event with its time", () => {
    expect(eventLine({ type: "waiting", what: "all to be well", seconds: 60 }, 1234)).toBe(
      "[   1.2s] waits for all to be well, at most 60 s",
    );
    expect(eventLine({ type: "ended", verdict: verdict() }, 100_000)).toMatch(/^\[ 100\.0s\] {3}kept: /);
  });

  it("ends with a row for each fault: the median of its rounds, the least and the most", () => {
    const second = verdict({
      round: 2,
      kinds: { read: { ...figures, gap: 0.3 }, write: { ...figures, gap: 1.2 } },
    });
    const third = verdict({
      round: 3,
      kinds: { read: { ...figures, gap: 0.1 }, write: { ...figures, gap: 0.9 } },
    });
    const text = recordLines(drill({ verdicts: [verdict(), second, third] }), false).join("\n");
    expect(text).toMatch(/^sql: leader killed +3 +0\.10 \(0\.05–0\.30\) +0\.90 \(0\.75–1\.20\)/m);
    expect(text).toMatch(/3 faults, all promises kept; 4512 acknowledged writes, 0 missing; .*seed 4711$/);
  });

  it("names what was broken, what was not tried, why it stopped, and that reads alone were judged", () => {
    const text = recordLines(
      drill({
        verdicts: [verdict({ broken: ["1 acknowledged writes are missing: db1: x"], missing: ["db1: x"] })],
        untried: [{ fault: "http: member's host off", why: "nobody can cut the power" }],
        stopped: "sql: leader killed: acknowledged writes are missing",
        judgesWrites: false,
      }),
      false,
    ).join("\n");
    expect(text).toContain("not tried: http: member's host off: nobody can cut the power");
    expect(text).toContain("broken: sql: leader killed: 1 acknowledged writes are missing: db1: x");
    expect(text).toContain("stopped early: sql: leader killed: acknowledged writes are missing");
    expect(text).toContain("reads alone were judged");
    expect(text).toContain("1 fault, 1 with a broken promise");
  });

  it("lists faults before anything is broken", () => {
    const fault = {
      name: "sql: leader killed",
      service: "sql",
      leaderOf: "sql",
      role: "mysql",
      tier: "database",
      part: "leader",
      way: "killed",
      hosts: ["db1", "db2"],
      seconds: 4,
      promise: { reads: 2.5, writes: 1.2, fails: "writes", stays: false },
    } as const;
    expect(faultLines([fault], new Map()).at(-1)).toBe(
      "sql: leader killed  db1, db2  no read for 2.5 s, no write for 1.2 s; writes may fail",
    );
    expect(faultLines([fault], new Map([[fault.name, "why"]])).at(-1)).toContain("not tried: why");
  });
});

const figures = { sent: 10, failed: {}, late: 0, interval: 0.05, gap: 0, slowest: 0.1 };
