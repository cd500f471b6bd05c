import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../support/command.ts";
import { blocks, commandsIn, unprinted } from "../support/transcript.ts";

const readme = readFileSync(join(root, "README.md"), "utf8");
const listed = blocks(readme, "## Two commands", "sh").flatMap((block) => block.trim().split("\n"));
const shown = blocks(readme, "## What a run looks like", "console").flatMap(commandsIn);

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
      expect(listed.length).toBeGreaterThanOrEqual(6);
      expect(shown.length).toBeGreaterThanOrEqual(5);
      expect(readme).toContain("npm run demo");
    });

    it("lists commands that work", { timeout: 600_000 }, async () => {
      for (const line of listed) {
        const ended = await shell(line);
        expect(ended.code, `${line}\n${ended.out}`).toBe(0);
      }
    });

    it("shows what commands print", { timeout: 600_000 }, async () => {
      for (const { line, code, output } of shown) {
        const ended = await shell(line);
        expect(ended.code, `${line}\n${ended.out}`).toBe(code);
        expect(unprinted(output, ended.out), `${line}\n${ended.out}`).toBeUndefined();
      }
    });
  });
}
