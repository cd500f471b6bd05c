import { describe, expect, it } from "vitest";
import type { Failure } from "../../src/model/failure.ts";
import { renderFailure, renderFailures } from "../../src/report/failure.ts";

const view = { color: false, columns: 80 };
const base: Failure = { code: "command-failed", message: "web1: apt-get failed with exit code 100" };

describe("renderFailure", () => {
  it("shows the message, the output of the program, the place, and the hint", () => {
    const failure: Failure = {
      ...base,
      detail: "E: No space left\n",
      hint: "free some space",
      source: { file: "prod.yml", line: 3, col: 7 },
    };
    expect(renderFailure("web1", failure, view)).toBe(
      "✖ web1: apt-get failed with exit code 100 (command-failed)\n    E: No space left\n  at prod.yml:3:7\n  hint: free some space\n",
    );
  });

  it("shows the last 30 lines of the output, and the number of earlier lines", () => {
    const detail = Array.from({ length: 100 }, (_, n) => `line ${n}`).join("\n");
    const lines = renderFailure("web1", { ...base, detail }, view)
      .trimEnd()
      .split("\n");
    expect(lines).toHaveLength(32);
    expect(lines[1]).toBe("    … 70 earlier lines not shown");
    expect(lines.at(-1)).toBe("    line 99");
  });

  it("removes from the output of a program all that controls a terminal", () => {
    const text = renderFailure("web1", { ...base, detail: "\x1b[2J\x1b]0;x\x07bad\x08" }, view);
    expect(text).toContain("    bad\n");
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  });
});

describe("renderFailures", () => {
  it("shows hosts with the same failure together, also if it holds their names", () => {
    const failed = ["web1", "web2", "web3"].map((host) => ({
      host,
      failure: { ...base, message: `${host}: apt-get failed`, detail: `E: ${host} is full` },
    }));
    const other = { host: "lb1", failure: { ...base, message: "lb1: another thing" } };
    const text = renderFailures([...failed, other], view);
    expect(text.match(/✖/g)).toHaveLength(2);
    expect(text).toContain("✖ web1 web2 web3 (3 hosts): apt-get failed");
    expect(text).toContain("✖ lb1: another thing");
  });

  it("shows 20 different failures, and the number of other hosts", () => {
    const failed = Array.from({ length: 50 }, (_, n) => ({
      host: `h${n}x`,
      failure: { ...base, message: `reason ${n}` },
    }));
    const text = renderFailures(failed, view);
    expect(text.match(/✖/g)).toHaveLength(20);
    expect(text).toMatch(/… and 30 more hosts failed for other reasons\n$/);
  });
});
