import { describe, expect, it } from "vitest";
import { inventoryCommand } from "../../src/cli/inventory.ts";
import { formatDiagnostic } from "../../src/inventory/diagnostic.ts";
import type { Diagnostic } from "../../src/model/source.ts";
import { withFiles } from "./files.ts";

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

  it("without a source, and without an excerpt", () => {
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
  });

  it("shows a window of a very long line", () => {
    const excerpt = `${"a".repeat(5000)}X${"b".repeat(5000)}`;
    const lines = formatDiagnostic({ ...base, source: { file: "a", line: 1, col: 5001 }, excerpt }).split(
      "\n",
    );
    expect(lines[1]?.length).toBeLessThan(200);
    expect(lines[1]?.[lines[2]?.indexOf("^") ?? 0]).toBe("X");
  });

  it("lets no file steer the terminal", () => {
    const text = formatDiagnostic({
      ...base,
      message: "a\u001b[2Jb\nc",
      source: { file: "x\u0007", line: 1, col: 1 },
      excerpt: "\u001b]0;\u202e",
    });
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text.split("\n")).toHaveLength(3);
  });

  it("a place behind the end of the line still has its caret", () => {
    const lines = formatDiagnostic({
      ...base,
      source: { file: "a", line: 1, col: 50, endCol: 60 },
      excerpt: "ab",
    }).split("\n");
    expect(lines[2]?.endsWith("^")).toBe(true);
  });
});

describe("provision inventory", () => {
  const files = {
    "hosts.yml": "web: {hosts: {a: {address: '{{ y }}', roles: [web]}, b: }}\ndb: {hosts: {c: }}\n",
  };
  const run = (options: object): ReturnType<typeof inventoryCommand> =>
    withFiles(files, (cwd) => inventoryCommand({ inventory: ["hosts.yml"], extraVars: [], cwd, ...options }));

  it("shows values as written, and tells what cannot be resolved", () => {
    const { stdout, stderr, code } = run({ list: true });
    expect(JSON.parse(stdout)._meta.hostvars).toEqual({ a: { address: "{{ y }}", roles: ["web"] } });
    expect(stderr).toContain("hosts.yml:1:32: error: `y` is not defined (on a)");
    expect(code).toBe(3);
  });

  it("a list is the default", () => {
    expect(run({}).stdout).toBe(run({ list: true }).stdout);
  });

  it("a limit leaves the other hosts out", () => {
    expect(run({ limit: "db", graph: true }).stdout).toBe(
      "@all:\n  |--@ungrouped:\n  |--@web:\n  |--@db:\n  |  |--c\n",
    );
    expect(JSON.parse(run({ limit: "!web" }).stdout)).toEqual({
      _meta: { hostvars: {} },
      all: { children: ["ungrouped", "web", "db"] },
      db: { hosts: ["c"] },
    });
  });

  it.each([
    [{ host: "d" }, "error: there is no host `d`"],
    [{ limit: "wbe" }, "no host and no group is called `wbe`"],
    [{ inventory: [] }, "error: no inventory was given"],
    [{ inventory: ["host.yml"] }, "did you mean `hosts.yml`?"],
  ])("refuses %j", (options, message) => {
    const { stdout, stderr, code } = run(options);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(code).toBe(3);
  });
});
