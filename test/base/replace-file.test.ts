import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { replaceFile, tryReplace } from "../../src/base/replace-file.ts";

const source = resolve(import.meta.dirname, "../..");
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "provision-replace-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (name: string): string => readFileSync(join(folder, name), "utf8");
const modeOf = (name: string): number => statSync(join(folder, name)).mode & 0o777;

describe("a file that is replaced", () => {
  it("is a new file with the mode of the old one, and leaves no temporary file", () => {
    const file = join(folder, "a");
    writeFileSync(file, "old", { mode: 0o640 });
    const { ino } = statSync(file);
    expect(replaceFile(file, "new")).toBe(true);
    expect([text("a"), modeOf("a"), readdirSync(folder)]).toEqual(["new", 0o640, ["a"]]);
    expect(statSync(file).ino).not.toBe(ino);
  });

  it("has the requested mode, with any old mode and any umask", () => {
    writeFileSync(join(folder, "a"), "old");
    chmodSync(join(folder, "a"), 0o644);
    replaceFile(join(folder, "a"), "secret", { mode: 0o600 });
    replaceFile(join(folder, "b"), "secret", { mode: 0o600 });
    replaceFile(join(folder, "c"), "open");
    expect([modeOf("a"), modeOf("b"), modeOf("c")]).toEqual([0o600, 0o600, 0o666 & ~process.umask()]);
  });

  it("stays the target of its link", () => {
    writeFileSync(join(folder, "real"), "old");
    symlinkSync("real", join(folder, "link"));
    replaceFile(join(folder, "link"), "new");
    expect([text("real"), lstatSync(join(folder, "link")).isSymbolicLink()]).toEqual(["new", true]);
  });

  it("stays unchanged if `mayReplace` returns false", () => {
    writeFileSync(join(folder, "a"), "old");
    expect(replaceFile(join(folder, "a"), "new", { mayReplace: () => false })).toBe(false);
    expect([text("a"), readdirSync(folder)]).toEqual(["old", ["a"]]);
  });

  it("may have a name of the greatest length", () => {
    const name = "é".repeat(127);
    replaceFile(join(folder, name), "new");
    expect(text(name)).toBe("new");
  });

  it.each(["gone/a", "taken"])("%s: cannot be, and nothing is left behind", (name) => {
    mkdirSync(join(folder, "taken"));
    expect(() => tryReplace(join(folder, name))).toThrow(/ENOENT|EISDIR/);
    expect(() => replaceFile(join(folder, name), "new")).toThrow(/ENOENT|EISDIR/);
    expect(readdirSync(folder)).toEqual(["taken"]);
  });

  it("stays unchanged by `tryReplace`", () => {
    writeFileSync(join(folder, "a"), "old");
    tryReplace(join(folder, "a"));
    tryReplace(join(folder, "b"));
    expect([text("a"), readdirSync(folder)]).toEqual(["old", ["a"]]);
  });

  it("is written to directly if it is no regular file", () => {
    tryReplace("/dev/null");
    expect(replaceFile("/dev/null", "gone")).toBe(true);
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  });
});

/** The function in a separate process, which can be killed, and whose disk can be full. */
describe("a process that", () => {
  let program = "";
  beforeAll(() => {
    program = join(mkdtempSync(join(tmpdir(), "provision-replacer-")), "replacer.mjs");
    const code = `import { replaceFile } from "${join(source, "src/base/replace-file.ts")}";
const [file, size] = process.argv.slice(2);
console.log("begins");
for (;;) replaceFile(file, "n".repeat(Number(size)), { mode: 0o600 });`;
    const stdin = { contents: code, resolveDir: source };
    buildSync({ stdin, bundle: true, platform: "node", format: "esm", outfile: program });
  });
  afterAll(() => rmSync(resolve(program, ".."), { recursive: true, force: true }));

  it("is killed leaves the old file or the new one, never a part", async () => {
    const file = join(folder, "a");
    for (const wait of [0, 3, 7, 13, 29]) {
      writeFileSync(file, "old");
      const child = spawn(process.execPath, [program, file, "3000000"]);
      const ended = new Promise((done) => child.once("exit", done));
      await new Promise((begun) => child.stdout.once("data", begun));
      await new Promise((later) => setTimeout(later, wait));
      child.kill("SIGKILL");
      await ended;
      expect([3, 3_000_000]).toContain(text("a").length);
    }
  });

  it("has a full disk leaves the old file", () => {
    const file = join(folder, "a");
    writeFileSync(file, "old");
    // The limit of the shell counts blocks of 512 bytes; a process over it gets EFBIG, as of a full disk ENOSPC.
    const shell = `trap '' XFSZ; ulimit -f 1; exec "$0" "$1" "$2" 100000`;
    const { status, stderr } = spawnSync("sh", ["-c", shell, process.execPath, program, file]);
    expect([status, String(stderr).includes("EFBIG")]).toEqual([1, true]);
    expect([text("a"), readdirSync(folder)]).toEqual(["old", ["a"]]);
  });
});
