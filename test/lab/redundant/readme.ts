import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../support/command.ts";

/** A command of the README, and the exit code it promises: 0, unless the line says `# exit N`. */
interface Printed {
  readonly line: string;
  readonly code: number;
}

const readme = readFileSync(join(root, "README.md"), "utf8");
const printed: readonly Printed[] = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
  .flatMap((block) => (block[1] ?? "").trim().split("\n"))
  .map((line) => ({ line, code: Number(/# exit (\d)/.exec(line)?.[1] ?? 0) }));

/** Runs a line as a person would who copies it from the README. */
export function shell(line: string): Promise<{ readonly code: number | null; readonly out: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn("/bin/sh", ["-c", line], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out }));
  });
}

/** What the README says. Last: its commands end with the lab's removal. */
export function readmeTests(): void {
  describe("the README", () => {
    it("has commands to try", () => {
      expect(printed.length).toBeGreaterThanOrEqual(10);
      expect(readme).toContain("npm run demo");
    });

    it("prints commands that do what it says", { timeout: 600_000 }, async () => {
      for (const { line, code } of printed) {
        const ended = await shell(line);
        expect(ended.code, `${line}\n${ended.out}`).toBe(code);
      }
    });
  });
}
