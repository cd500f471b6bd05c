import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../src/model/source.ts";
import { formatDiagnostic } from "../../src/report/diagnostic.ts";

const base: Diagnostic = { severity: "error", message: "no such role" };

describe("formatDiagnostic", () => {
  it("shows the line, marks the place, gives the hint", () => {
    const source = { file: "prod.yml", line: 12, col: 10, endCol: 15 };
    const text = formatDiagnostic({
      ...base,
      source,
      excerpt: "  roles: ngnix",
      hint: "did you mean `nginx`?",
    });
    expect(text.split("\n")).toEqual([
      "prod.yml:12:10: error: no such role",
      "  12 |   roles: ngnix",
      "     |          ^^^^^",
      "  hint: did you mean `nginx`?",
    ]);
  });

  it("works without a source, and without an excerpt", () => {
    expect(formatDiagnostic({ ...base, severity: "warning" })).toBe("warning: no such role");
    expect(formatDiagnostic({ ...base, source: { file: "a", line: 1, col: 2 } })).toBe(
      "a:1:2: error: no such role",
    );
  });

  it("keeps the caret under tabs and wide characters", () => {
    const tabs = formatDiagnostic({ ...base, source: { file: "a", line: 1, col: 3 }, excerpt: "\t\tx" });
    expect(tabs.split("\n")[2]).toBe("    | \t\t^");
    const wide = formatDiagnostic({ ...base, source: { file: "a", line: 1, col: 3 }, excerpt: "日本x" });
    expect(wide.split("\n")[2]).toBe("    |     ^");
    const composed = formatDiagnostic({
      ...base,
      source: { file: "a", line: 1, col: 4 },
      excerpt: "e\u0301：x",
    });
    expect(composed.split("\n")[2]).toBe("    |    ^");
  });

  it("shows a part of a very long line", () => {
    const excerpt = `${"a".repeat(5000)}X${"b".repeat(5000)}`;
    const lines = formatDiagnostic({ ...base, source: { file: "a", line: 1, col: 5001 }, excerpt }).split(
      "\n",
    );
    expect(lines[1]?.length).toBeLessThan(200);
    expect(lines[1]?.[lines[2]?.indexOf("^") ?? 0]).toBe("X");
  });

  it("replaces characters of a file that control a terminal", () => {
    const text = formatDiagnostic({
      ...base,
      message: "a\u001b[2Jb\nc",
      source: { file: "x\u0007", line: 1, col: 1 },
      excerpt: "\u001b]0;\u202e",
    });
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text.split("\n")).toHaveLength(3);
  });

  it("shows a caret for a place after the end of the line", () => {
    const lines = formatDiagnostic({
      ...base,
      source: { file: "a", line: 1, col: 50, endCol: 60 },
      excerpt: "ab",
    }).split("\n");
    expect(lines[2]?.endsWith("^")).toBe(true);
  });
});
