import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inventoryCommand } from "../../src/cli/inventory.ts";

const folder = resolve(import.meta.dirname, "../inventories");
const cases = readdirSync(folder).sort();
/** Cases whose tree of groups is worth a second call of the oracle. */
const graphs = [
  "children-in-files",
  "depth",
  "diamonds",
  "empty-groups",
  "folder",
  "several",
  "ungrouped",
  "unicode",
];
const run = promisify(execFile);

/** The arguments of a case: those in its `args.json`, else `-i hosts.yml`. */
function argsOf(name: string): readonly string[] {
  const file = join(folder, name, "args.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : ["-i", "hosts.yml"];
}

async function oracle(cwd: string, args: readonly string[]): Promise<string> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("ANSIBLE_"));
  const env = { ...Object.fromEntries(own), LC_ALL: "C.UTF-8" };
  const { stdout } = await run("ansible-inventory", [...args], { cwd, env, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

function ours(
  cwd: string,
  args: readonly string[],
  what: { graph?: true; list?: true; host?: string },
): string {
  const values = (option: string): string[] =>
    args.flatMap((arg, i) => (args[i - 1] === option ? [arg] : []));
  const output = inventoryCommand({ inventory: values("-i"), extraVars: values("-e"), cwd, ...what });
  expect(output.stderr).not.toContain("error:");
  return output.stdout;
}

/** Python writes infinities, which JSON has not. */
function parse(text: string): unknown {
  return JSON.parse(text.replace(/(?<=[\s[])(-?Infinity|NaN)(?=[,\s])/g, '"$1"'));
}

beforeAll(() => {
  if (spawnSync("ansible-inventory", ["--version"]).status !== 0) {
    throw new Error("ansible-inventory is missing: install the Debian package `ansible-core`");
  }
});

describe("the same as ansible-inventory", { concurrent: true }, () => {
  it("there are enough cases", () => {
    expect(cases.length).toBeGreaterThanOrEqual(25);
  });

  // Two halves, so that never more than two of these slow programs run at once.
  for (const half of [0, 1]) {
    it(`--list, half ${half + 1}`, { timeout: 300_000 }, async () => {
      const different: string[] = [];
      for (const name of cases.filter((_, index) => index % 2 === half)) {
        const cwd = join(folder, name);
        const theirs = await oracle(cwd, [...argsOf(name), "--list"]);
        const mine = ours(cwd, argsOf(name), { list: true });
        expect(parse(mine), name).toEqual(parse(theirs));
        if (mine !== theirs) different.push(name);
      }
      // Not only the meaning: the very text.
      expect(different).toEqual([]);
    });
  }
});

describe("the same as ansible-inventory, other views", () => {
  it.each(graphs)("--graph of %s", async (name) => {
    const cwd = join(folder, name);
    expect(ours(cwd, argsOf(name), { graph: true })).toBe(await oracle(cwd, [...argsOf(name), "--graph"]));
  });

  it("--host", async () => {
    const cwd = join(folder, "group-vars-folders");
    const args = ["-i", "hosts.yml"];
    const mine = ours(cwd, args, { host: "web2.example.com" });
    expect(mine).toBe(await oracle(cwd, [...args, "--host", "web2.example.com"]));
  });
});

describe("scalars that look like something", () => {
  const scratch = mkdtempSync(join(tmpdir(), "inventory-"));
  afterAll(() => rmSync(scratch, { recursive: true }));

  it("two thousand plain scalars read as PyYAML reads them", async () => {
    const words = scalars(2000);
    const lines = words.map((word, index) => `      v${index}: ${word}`);
    writeFileSync(join(scratch, "hosts.yml"), `all:\n  hosts:\n    h:\n${lines.join("\n")}\n`);
    const args = ["-i", "hosts.yml"];
    const theirs = await oracle(scratch, [...args, "--host", "h"]);
    expect(ours(scratch, args, { host: "h" })).toBe(theirs);
  });
});

/** Pieces of numbers, dates and words, put together the same way on every run. */
function scalars(count: number): readonly string[] {
  const pieces = [
    "0",
    "1",
    "7",
    "8",
    "12",
    "60",
    "2024",
    "-",
    "+",
    ".",
    "_",
    ":",
    "e",
    "E+",
    "0x",
    "0b",
    "0o",
    "Z",
  ];
  pieces.push(
    "f",
    "T",
    "01-02",
    "03:04:05",
    ".5",
    "1.",
    "inf",
    ".inf",
    "nan",
    "yes",
    "No",
    "on",
    "~",
    "null",
    "=",
    "<",
  );
  let seed = 7;
  const next = (below: number): number => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  const words: string[] = [];
  while (words.length < count) {
    const word = Array.from({ length: 1 + next(4) }, () => pieces[next(pieces.length)] ?? "").join("");
    // Not scalars, or what Python itself fails on: a bare indicator, an empty number, `=`.
    const refused = /^[-?:]$|^-$|:$|^=$|^[-+]?0[xb]_*$|^[-+]?[0-9_]{17,}$/.test(word);
    if (!refused) words.push(word);
  }
  return words;
}
