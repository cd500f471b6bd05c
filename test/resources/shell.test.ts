import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { kinds } from "../../src/resources/kinds.ts";
import { everyScript, samples } from "./every-script.ts";

const folder = mkdtempSync(join(tmpdir(), "scripts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One of each text: most differ by nothing but a name that quoting has made harmless. */
const files = new Map(
  [...everyScript()].map(([name, { text }], i) => [text, { name, path: join(folder, `${i}.sh`) }]),
);
for (const [text, { path }] of files) writeFileSync(path, `${text}\n`);

const run = promisify(execFile);

describe("the emitted scripts", () => {
  it("come from every kind", () => {
    expect(new Set(samples.map(({ kind }) => kind))).toEqual(new Set(kinds.keys()));
    expect(files.size).toBeGreaterThan(150);
  });

  // SC2016 and SC1003 warn of `$` and backslashes in single quotes: here that is data, quoted on purpose. SC2317 warns of
  // functions that are not called: a kind defines the same ones whatever the change needs.
  it("pass shellcheck", { timeout: 300_000 }, async () => {
    const paths = [...files.values()].map(({ path }) => path);
    const found = await run("shellcheck", ["-s", "sh", "-e", "SC2016,SC1003,SC2317", "-f", "gcc", ...paths], {
      maxBuffer: 2 ** 26,
    }).then(
      ({ stdout }) => stdout,
      (error: { stdout?: string; message: string }) => error.stdout || error.message,
    );
    expect(found).toBe("");
  });

  it.each(["dash", "bash", "busybox"])("are syntax to %s", { timeout: 120_000 }, async (shell) => {
    const words = shell === "busybox" ? ["sh", "-n"] : ["-n"];
    const path = join(folder, "all.sh");
    writeFileSync(path, [...files.keys()].join("\n"));
    await run(shell, [...words, path]);
  });

  it("show no secret and no content", () => {
    const texts = [...files.keys()].join("\n");
    expect(texts).not.toContain("s3cret");
  });
});
