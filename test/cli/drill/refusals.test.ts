import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const program = resolve(import.meta.dirname, "../../../bin/provision.cjs");
const folder = mkdtempSync(join(tmpdir(), "provision-drill-"));
afterAll(() => rmSync(folder, { recursive: true }));

const inventory = (drill: string): string => `all:
  vars:
    ${drill}
  children:
    web:
      vars:
        roles: [common, sidecar, nginx, gunicorn]
      hosts:
        web1: { ansible_host: 192.0.2.21 }
        web2: { ansible_host: 192.0.2.22 }
`;

const allowed = "drill: { allowed: true, url: http://192.0.2.21 }";

function drill(text: string, ...args: readonly string[]) {
  const file = join(folder, "stack.yml");
  writeFileSync(file, inventory(text));
  return new Promise<{ code: number; stdout: string; stderr: string }>((ended) => {
    const child = execFile(
      process.execPath,
      [program, "drill", "-i", "stack.yml", ...args],
      { cwd: folder },
      (error, stdout, stderr) =>
        ended({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

describe("provision drill refuses, before it contacts a host,", () => {
  it.each([
    [
      "hosts that do not allow it",
      "x: 1",
      [],
      /stack\.yml:\d+:\d+: error: a drill is not allowed[\s\S]*web1[\s\S]*allowed: true/,
    ],
    [
      "a variable that there is not",
      "drill: { alowed: true }",
      [],
      /stack\.yml:3:\d+: error: [\s\S]*`alowed`[\s\S]*did you mean `allowed`/,
    ],
    ["a request without a path", "drill: { allowed: true, write: { method: POST } }", [], /write\.path/],
    [
      "a service that there is not",
      allowed,
      ["--only", "htp"],
      /--only: no fault is called `htp`[\s\S]*did you mean `http`/,
    ],
    [
      "a fault that there is not",
      allowed,
      ["--fault", "frosen"],
      /--fault: no fault is called `frosen`[\s\S]*did you mean `frozen`/,
    ],
    ["a part of the stack", allowed, ["-l", "web1"], /drill takes no --limit/],
    [
      "a page that cannot be written",
      allowed,
      ["--report", "/nowhere/x.html"],
      /--report \/nowhere\/x\.html: cannot be written/,
    ],
    ["to begin without a yes", allowed, [], /not confirmed[\s\S]*--yes/],
    ["a stack without an open service and without a URL", "drill: { allowed: true }", [], /drill: \{ url: /],
  ] as const)("%s", async (_, text, args, message) => {
    const { code, stdout, stderr } = await drill(text, ...args);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
  });
});

describe("provision drill --list", () => {
  it("shows what would be hit, without an allowance", async () => {
    const { code, stdout } = await drill("drill: { url: http://192.0.2.21 }", "--list", "--only", "http");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^http: member frozen +web1, web2 +no answer for 2\.5 s; writes may fail$/m);
    expect(stdout).toMatch(/^http: member's host off +web1, web2 +not tried: nobody can cut the power/m);
  });

  it("takes a group of the inventory for the services of its hosts", async () => {
    const { code, stdout } = await drill("drill: { url: http://192.0.2.21 }", "--list", "--only", "web");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^http: member frozen/m);
    expect(stdout).toMatch(/^wsgi: member frozen/m);
  });
});
