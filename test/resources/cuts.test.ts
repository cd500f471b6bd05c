import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Change } from "../../src/model/plan.ts";
import type { Resource } from "../../src/model/resource.ts";
import type { Script } from "../../src/model/script.ts";
import { file, fileKind } from "../../src/resources/file.ts";
import { leaveMark, marksFolder, observeMarks, parseMarks } from "../../src/resources/mark.ts";
import { lines } from "../../src/script/script.ts";
import { converge, observeAndPlan, runWith } from "./run.ts";

/*
 * A power cut, played: every program that a script starts is a stand-in that counts, and kills the whole process group with
 * SIGKILL when its turn has come: before the real program, in the middle of what it copies, or after it.
 */

const root = mkdtempSync(join(tmpdir(), "cuts-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const [bin, target, marks, counter] = ["bin", "work/target", "pending", "count"].map((name) =>
  join(root, name),
) as [string, string, string, string];

const programs = ["head", "cat", "sha256sum", "chown", "chmod", "sync", "mv", "rm", "mkdir", "grep"];
mkdirSync(bin);
for (const program of programs) {
  const real = execFileSync("sh", ["-c", `PATH=/usr/bin:/bin command -v ${program}`], {
    encoding: "utf8",
  }).trim();
  const half = program === "cat" || program === "head" ? "/usr/bin/head -c 100000" : ":";
  // One line a call, appended: calls in a pipe run at the same time.
  writeFileSync(
    join(bin, program),
    `#!/bin/sh
echo x >>${counter}
set -- "$(wc -l <${counter})" "$@"
turn=$1
shift
[ "$turn.before" != "$CUT" ] || kill -9 0
[ "$turn.middle" != "$CUT" ] || { ${half}; kill -9 0; }
${real} "$@"
code=$?
[ "$turn.after" != "$CUT" ] || kill -9 0
exit $code
`,
  );
  chmodSync(join(bin, program), 0o755);
}

/** Runs a script in a process group of its own, cut where `cut` says. True if it came to its end. */
function runCut({ text, input }: Script, cut: string): Promise<boolean> {
  rmSync(counter, { force: true });
  const env = { PATH: `${bin}:/usr/bin:/bin`, LC_ALL: "C", CUT: cut };
  const child = spawn("/bin/sh", ["-c", text.replaceAll(marksFolder, marks)], {
    env,
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(Buffer.concat(input));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(signal === null && code === 0));
  });
}

const [before, after] = ["old\n".repeat(50_000), "new\n".repeat(60_000)];
const wanted: Resource = file(target, { content: after, owner: "daemon", mode: "0640" });
const run = runWith(["/bin/sh"]);

async function change(): Promise<readonly Change[]> {
  return observeAndPlan(run, [wanted]);
}

const cuts = Array.from({ length: 25 }, (_, turn) =>
  ["before", "middle", "after"].map((when) => `${turn + 1}.${when}`),
).flat();

describe("a power cut", () => {
  beforeEach(() => {
    rmSync(join(root, "work"), { recursive: true, force: true });
    rmSync(marks, { recursive: true, force: true });
    mkdirSync(join(root, "work"));
    writeFileSync(target, before, { mode: 0o600 });
  });

  it("never leaves half a file, one with another's mode, or a change without its mark", {
    timeout: 300_000,
  }, async () => {
    const [states, uncut] = [new Set<string>(), new Set<string>()];
    for (const cut of cuts) {
      rmSync(marks, { recursive: true, force: true });
      writeFileSync(target, before);
      chmodSync(target, 0o600);
      execFileSync("chown", ["root:root", target]);
      const script = lines([leaveMark("unit:a/b", "reload"), fileKind.converge(await change())]);
      if (await runCut(script, cut)) uncut.add(cut);
      const content = readFileSync(target, "utf8");
      const { uid, mode } = statSync(target);
      const state = `${content === before ? "old" : content === after ? "new" : "HALF"} ${uid} ${(mode & 0o7777).toString(8)}`;
      states.add(state);
      const marked = parseMarks(
        (await run({ ...observeMarks(), text: observeMarks().text.replaceAll(marksFolder, marks) })).stdout,
      );
      if (state.startsWith("new")) expect(marked, cut).toEqual(new Map([["unit:a/b", "reload"]]));
      expect([...marked.keys()].every((id) => id === "unit:a/b")).toBe(true);
    }
    expect([...states].sort()).toEqual(["new 1 640", "old 0 600"]);
    // The cuts went through the whole script: late ones did not happen any more, and many did.
    expect(uncut.size).toBeGreaterThan(0);
    expect(cuts.length - uncut.size).toBeGreaterThan(30);
  });

  it("is mended by the next run, which leaves nothing beside the file", { timeout: 300_000 }, async () => {
    for (const cut of cuts) {
      writeFileSync(target, before);
      await runCut(fileKind.converge(await change()), cut);
      const changes = await change();
      expect(await converge(run, changes)).toMatchObject({ code: 0 });
      expect(await change()).toEqual([]);
      if (changes.length > 0) expect(readdirSync(join(root, "work"))).toEqual(["target"]);
      expect(readFileSync(target, "utf8")).toBe(after);
    }
  });
});
