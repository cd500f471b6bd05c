import { readdirSync, readFileSync } from "node:fs";
import { execa } from "execa";
import { beforeAll, describe, expect, it } from "vitest";
import { needProgram } from "../../daemon.ts";

/** The keeper is a Python program with tests of its own. */
const folder = new URL("./", import.meta.url).pathname;
const simulate = `${folder}simulation/simulate.py`;

const python = (...args: string[]) =>
  execa("/usr/bin/python3", args, { all: true, reject: false, env: { PYTHONDONTWRITEBYTECODE: "1" } });

describe("the keeper of a database", () => {
  beforeAll(() => {
    needProgram("mariadbd", "mariadb-server-core");
    needProgram("/usr/bin/python3", "python3 python3-pymysql");
  });

  const parts = readdirSync(folder).filter((name) => /^test_.*\.py$/.test(name));

  it.each(parts)("passes %s", async (name) => {
    const { all, exitCode } = await python(`${folder}${name}`);
    expect(all).toMatch(/Ran \d+ tests/);
    expect(exitCode, all).toBe(0);
  });

  it("loses no acknowledged write in 1,500 random histories of faults", { timeout: 300_000 }, async () => {
    const seed = String(Math.floor(Math.random() * 1e9));
    const { all, exitCode } = await python(simulate, "--histories", "1500", "--seed", seed);
    expect(exitCode, all).toBe(0);
    expect(all).toContain("1500 histories");
  });
});

describe("the simulation of the keeper", () => {
  const source = readFileSync(`${folder}simulation/mutants.py`, "utf8");
  const mutants = [...source.matchAll(/@mutant\((\d+)\)\ndef (\w+)\(/g)].map(
    ([, seed = "", name = ""]) => [name.replaceAll("_", "-"), seed] as const,
  );

  it("has a mutant for each rule", () => expect(mutants.length).toBeGreaterThanOrEqual(15));

  it.each(mutants)("finds a keeper that %s", { timeout: 300_000 }, async (name, seed) => {
    const { all, exitCode } = await python(simulate, "--mutant", name, "--histories", "8000", "--seed", seed);
    expect(exitCode, all).toBe(1);
    expect(all).toMatch(/^seed \d+: /m);
  });
});
