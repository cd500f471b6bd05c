import { describe, expect, it } from "vitest";
import { renderDiff } from "../../src/report/diff.ts";

const plain = { color: false };

describe("renderDiff", () => {
  it("is a unified diff with three lines of context", () => {
    const before = "a\nb\nc\nd\ne\nf\ng\n";
    expect(renderDiff("/etc/x", before, before.replace("e", "E"), plain)).toBe(
      [
        "--- /etc/x (on the host)",
        "+++ /etc/x (desired)",
        "@@ -2,6 +2,6 @@",
        " b",
        " c",
        " d",
        "-e",
        "+E",
        " f",
        " g",
        "",
      ].join("\n"),
    );
  });

  it("is empty without a difference", () => {
    expect(renderDiff("/etc/x", "same", "same", plain)).toBe("");
  });

  it("shows 200 lines, and the number of the others", () => {
    const text = renderDiff("/etc/x", "", "line\n".repeat(1000), plain);
    // Two heading lines and the line for the rest; the heading of the hunk is one of the 200.
    expect(text.trimEnd().split("\n")).toHaveLength(203);
    expect(text).toMatch(/… 801 more lines of this diff not shown\n$/);
  });

  it("says that a content is binary, and does not show it", () => {
    expect(renderDiff("/logo", "\0PNG", "\0PNG2", plain)).toBe(
      "binary content changed (4 bytes → 5 bytes)\n",
    );
    expect(renderDiff("/logo", "", "\ufffd\ufffdJFIF", plain)).toMatch(
      /^binary content changed \(nothing → /,
    );
  });

  it("shows line ends and control characters as symbols", () => {
    expect(renderDiff("/x", "a\r\n", "a\n", plain)).toContain("-a␍\n+a\n");
    expect(renderDiff("/x", "a\n", "\x1b[2Ja\n\x9b1A", plain)).not.toMatch(/[\x1b\x9b]/);
  });

  it("gives up early on files that have nothing in common", () => {
    const many = (letter: string): string =>
      Array.from({ length: 20_000 }, (_, n) => `${letter}${n}\n`).join("");
    const begun = performance.now();
    expect(renderDiff("/x", many("a"), many("b"), plain)).toBe(
      "nearly all lines differ (20000 lines → 20000 lines)\n",
    );
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it("has colours only on request", () => {
    expect(renderDiff("/x", "a\n", "b\n", { color: true })).toContain("\x1b[32m+b\x1b[39m");
    expect(renderDiff("/x", "a\n", "b\n", plain)).not.toContain("\x1b");
  });
});
