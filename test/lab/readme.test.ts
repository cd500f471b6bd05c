import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { provision, root } from "./support/command.ts";

/** A command of the README, and the exit code it promises: 0, unless the line says `# exit N`. */
interface Printed {
  readonly line: string;
  readonly code: number;
}

const readme = readFileSync(join(root, "README.md"), "utf8");
const printed: readonly Printed[] = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
  .flatMap((block) => (block[1] ?? "").trim().split("\n"))
  .map((line) => ({ line, code: Number(/# exit (\d)/.exec(line)?.[1] ?? 0) }));

function shell(line: string): Promise<{ readonly code: number | null; readonly out: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn("/bin/sh", ["-c", line], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out }));
  });
}

beforeAll(async () => {
  expect((await provision("lab", "down")).code).toBe(0);
});
afterAll(async () => {
  expect((await provision("lab", "down")).code).toBe(0);
});

describe("the README", () => {
  it("has commands to try", () => {
    expect(printed.length).toBeGreaterThanOrEqual(10);
    expect(readme).toContain("npm run demo");
  });

  it("`npm run demo` ends with a page through each web server, and the time it took", async () => {
    const { code, out } = await shell("npm run demo");
    expect(code, out).toBe(0);
    expect(out).toMatch(/http:\/\/10\.77\.0\.21\/ +200 +through web1, served by app[12]/);
    expect(out).toMatch(/http:\/\/10\.77\.0\.22\/ +200 +through web2, served by app[12]/);
    expect(out).toMatch(/From nothing to the page: \d+\.\d s/);
  });

  it("prints commands that do what it says", { timeout: 300_000 }, async () => {
    for (const { line, code } of printed) {
      const ended = await shell(line);
      expect(ended.code, `${line}\n${ended.out}`).toBe(code);
    }
  });
});
