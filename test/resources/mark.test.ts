import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { ResourceId, Trigger } from "../../src/model/resource.ts";
import type { Script } from "../../src/model/script.ts";
import { leaveMark, marksFolder, observeMarks, parseMarks, settle } from "../../src/resources/mark.ts";
import { raw } from "../../src/script/script.ts";
import { type Ran, runWith } from "./run.ts";

const root = mkdtempSync(join(tmpdir(), "marks-"));
const folder = join(root, "pending");
const here = ({ text, input }: Script): Script => ({ text: text.replaceAll(marksFolder, folder), input });
const run = (script: Script): Promise<Ran> => runWith(["/bin/sh"])(here(script));
const marks = async (): Promise<ReadonlyMap<ResourceId, Trigger>> =>
  parseMarks((await run(observeMarks())).stdout);

beforeEach(() => rmSync(folder, { recursive: true, force: true }));

describe("marks", () => {
  it("there are none before the first", async () => {
    expect(await marks()).toEqual(new Map());
  });

  it("come back as they were left, whatever the id", async () => {
    const id = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
      .map((key): ResourceId => `exec:${key.replaceAll("\0", "x")}`);
    const hostile: readonly ResourceId[] = [
      "unit:a@b.service",
      "file:/etc/it's",
      "exec:a\tb\nc",
      "exec:..",
      "exec:*",
      "exec:%2F",
      `unit:${"é".repeat(200)}`,
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.constantFrom(...hostile), id),
        fc.constantFrom<Trigger>("reload", "restart"),
        async (one, trigger) => {
          rmSync(folder, { recursive: true, force: true });
          expect(await run(leaveMark(one, trigger))).toMatchObject({ code: 0, stderr: "" });
          expect(await marks()).toEqual(new Map([[one, trigger]]));
          expect(await run(settle(one, raw(":")))).toMatchObject({ code: 0, stderr: "" });
          expect(readdirSync(folder)).toEqual([]);
        },
      ),
      { numRuns: 60, examples: hostile.map((one) => [one, "restart"]) },
    );
  }, 120_000);

  it.each([
    [["reload", "reload"], "reload"],
    [["reload", "restart"], "restart"],
    [["restart", "reload"], "restart"],
  ] as const)("%j leaves %s", async (triggers, left) => {
    for (const trigger of triggers) await run(leaveMark("unit:a", trigger));
    expect(await marks()).toEqual(new Map([["unit:a", left]]));
  });

  it("one that a broken disk emptied counts as a restart, also after a reload is due", async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, "unit%3Aa"), "");
    await run(leaveMark("unit:a", "reload"));
    expect(await marks()).toEqual(new Map([["unit:a", "restart"]]));
  });

  it("that cannot be left stops what follows", async () => {
    writeFileSync(folder, "a file in the folder's place");
    const ran = await run({ text: `(\n${leaveMark("unit:a", "reload").text}\necho went on\n)`, input: [] });
    expect(ran.code).not.toBe(0);
    expect(ran.stdout).toBe("");
  });

  it("garbage is no mark", () => {
    fc.assert(fc.property(fc.string(), (text) => parseMarks(text.replaceAll("\t", " ")).size === 0));
    expect(() =>
      fc.assert(
        fc.property(fc.string({ unit: "binary" }), (text) => parseMarks(`a\t${text}\t${text}`).size >= 0),
      ),
    ).not.toThrow();
  });
});

describe("settle", () => {
  it("keeps the mark when the reload fails, and its exit code", async () => {
    await run(leaveMark("unit:a", "reload"));
    expect(await run(settle("unit:a", raw("echo words >&2; exit 7")))).toMatchObject({
      code: 7,
      stderr: "words\n",
    });
    expect(await marks()).toEqual(new Map([["unit:a", "reload"]]));
  });

  it("is not cut by the signals of a closing connection, nor by a reader that went away", async () => {
    await run(leaveMark("unit:a", "reload"));
    const [started, go, done] = ["started", "go", "done"].map((name) => join(root, name)) as [
      string,
      string,
      string,
    ];
    const slow = raw(
      `: >${started}; while [ ! -e ${go} ]; do sleep 0.02; done; echo words nobody reads; : >${done}`,
    );
    const child = spawn("/bin/sh", ["-c", here(settle("unit:a", slow)).text], {
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const ended = new Promise((resolve) => child.on("exit", resolve));
    await until(() => existsSync(started));
    child.stdout.destroy();
    for (const signal of ["SIGTERM", "SIGHUP", "SIGINT", "SIGPIPE"] as const)
      process.kill(-(child.pid ?? 0), signal);
    writeFileSync(go, "");
    await ended;
    await until(() => existsSync(done) && readdirSync(folder).length === 0);
    expect(await marks()).toEqual(new Map());
  });
});

async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 10));
}
