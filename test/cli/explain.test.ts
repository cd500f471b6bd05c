import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type ExplainOptions, explainCommand } from "../../src/cli/explain.ts";
import { type Files, withFiles } from "../inventory/files.ts";
import { expectedFlaws, flawsFolder as flaws } from "../topology/stack.ts";

const root = resolve(import.meta.dirname, "../..");
const inventories = readdirSync(flaws);

function explain(inventory: string, more: Partial<ExplainOptions> = {}) {
  return explainCommand({
    inventory: [inventory],
    extraVars: [],
    columns: 100,
    color: false,
    cwd: flaws,
    ...more,
  });
}

const written = (files: Files, more: Partial<ExplainOptions> = {}) =>
  withFiles(files, (cwd) => explain("hosts.yml", { cwd, ...more }));

const place = { file: z.string(), line: z.int(), col: z.int() };
const document = z.looseObject({ flaws: z.array(z.looseObject({ kind: z.string(), ...place })) });

describe("inventories with one kind of flaw each, played by the built-in roles", () => {
  it.each(inventories)("%s: that flaw, on that line, and no other", (name) => {
    const { stdout, stderr, code } = explain(name, { output: "json" });
    expect(stderr).toBe("");
    const found = document.parse(JSON.parse(stdout)).flaws;
    expect(found.map(({ kind, line }) => `${kind}@${line}`)).toEqual(expectedFlaws(name));
    expect(new Set(found.map(({ file }) => file)).size).toBe(found.length === 0 ? 0 : 1);
    expect(code).toBe(found.length === 0 ? 0 : 2);
  });
});

describe("inventories/lab.yml", () => {
  it("has no single point of failure", () => {
    const { stdout, code } = explain("inventories/lab.yml", { cwd: root });
    expect(stdout.split("\n")[0]).toBe("13 hosts in 7 tiers: no single point of failure");
    expect(code).toBe(0);
  });
});

describe("the text", () => {
  it("shows the line to change as diagnostics do", () => {
    const { stdout, stderr, code } = explain("one-member.yml");
    expect({ stderr, code }).toEqual({ stderr: "", code: 2 });
    expect(stdout).toContain(` 1. outage: \`http\` has one member, web1
    Why: when web1 fails, \`haproxy\` can no longer use it.
    Do:  give the role \`nginx\` to a second host.
    one-member.yml:13:40
      13 |         roles: [common, nrpe, sidecar, nginx] # flaw: one-member
         |                                        ^^^^^
`);
  });

  it("does not show a line that sets a password", () => {
    const hosts = "web:\n  hosts:\n    web1: { roles: [sidecar, nginx, gunicorn], my_password: hunter2 }\n";
    const { stdout, code } = written({ "hosts.yml": hosts });
    expect(stdout).toContain("hosts.yml:3:30\n");
    expect(stdout).not.toContain("hunter2");
    expect(code).toBe(2);
  });

  it("is wrapped to the terminal unless plain is wanted", () => {
    const longest = (text: string): number => Math.max(...text.split("\n").map((line) => line.length));
    expect(longest(explain("none.yml", { columns: 80 }).stdout)).toBeLessThanOrEqual(80);
    expect(longest(explain("none.yml", { columns: 80, output: "plain" }).stdout)).toBeGreaterThan(100);
  });
});

describe("bad input", () => {
  const roles = (list: string): Files => ({ "hosts.yml": `all:\n  hosts:\n    one: { roles: ${list} }\n` });

  it.each<[string, Files, Partial<ExplainOptions>, string]>([
    ["no inventory", {}, { inventory: [] }, "no inventory was given"],
    ["a limit", roles("[common]"), { limit: "one" }, "explain takes no --limit"],
    ["no roles", roles("[]"), {}, "no host has a role"],
    ["an unknown role", roles("[ngnix]"), {}, "hosts.yml:3:20: error: there is no role `ngnix`"],
  ])("%s: exit 3, and nothing is explained", (_, files, more, words) => {
    const { stdout, stderr, code } = written(files, more);
    expect({ stdout, code }).toEqual({ stdout: "", code: 3 });
    expect(stderr).toContain(words);
  });

  it("is also available as JSON", () => {
    const { stdout } = written(roles("[ngnix]"), { output: "json" });
    expect(JSON.parse(stdout)).toMatchObject({
      type: "bad-input",
      problems: [{ file: "hosts.yml", line: 3 }],
    });
  });
});

describe("the command", () => {
  const run = (...args: readonly string[]) =>
    new Promise<{ code: number; stdout: string }>((ended) => {
      const program = join(root, "bin/provision.cjs");
      execFile(process.execPath, [program, "explain", ...args], { cwd: flaws }, (error, stdout) =>
        ended({ code: typeof error?.code === "number" ? error.code : 0, stdout }),
      );
    });

  it("ends with 2 where there is a flaw, and paints nothing into a pipe", async () => {
    const { code, stdout } = await run("-i", "two-voters.yml", "-o", "pretty");
    expect(code).toBe(2);
    expect(stdout).toContain("two-voters.yml:25:31");
    expect(stdout).not.toContain("\u001b");
  });

  it("ends with 0 where there is none, with 3 where there is nothing to read", async () => {
    expect((await run("-i", "none.yml")).code).toBe(0);
    expect((await run("-i", "missing.yml")).code).toBe(3);
    expect((await run("-i", "none.yml", "-l", "web")).code).toBe(3);
  });
});

describe("--measured", () => {
  const record = (changed: object = {}): string =>
    JSON.stringify({
      version: 1,
      date: "2026-12-01T05:00:00.000Z",
      verdicts: [1, 2, 3].map((round) => ({
        fault: "http: member killed",
        service: "http",
        kinds: { read: { gap: round / 10, slowest: 1 } },
        broken: round === 3 ? ["something"] : [],
      })),
      ...changed,
    });
  const stack = "all: {hosts: {a: {roles: [common, nginx]}, b: {roles: [common, nginx]}}}";
  const ask = (text: string, more: Partial<ExplainOptions> = {}) =>
    written({ "hosts.yml": withNginx, "drill.json": text }, { measured: "drill.json", ...more });
  const withNginx = stack.replaceAll("nginx", "sidecar, nginx, gunicorn");

  it("adds what the faults of a drill have cost: the median, the least and the most", () => {
    const { stdout } = ask(record());
    expect(stdout).toContain("MEASURED BY THE DRILL OF 2026-12-01");
    expect(stdout).toMatch(/http: member killed +3 +0\.20 \(0\.10–0\.30\) +– +broken in 1/);
    expect(JSON.parse(ask(record(), { output: "json" }).stdout).measured.faults).toHaveLength(1);
  });

  it.each([
    ["something else", "{}", "is not the record of a drill"],
    ["no JSON", "fault\n", "is not the record of a drill"],
    ["a drill of another stack", record({ verdicts: [] }), "has no fault of this inventory"],
  ])("refuses %s", (_, text, message) => {
    const { stderr, code } = ask(text);
    expect(stderr).toContain(`--measured drill.json: ${message}`);
    expect(code).toBe(3);
  });

  it("refuses a file that there is not", () => {
    expect(ask(record(), { measured: "none.json" }).stderr).toContain("--measured none.json: cannot be read");
  });
});
