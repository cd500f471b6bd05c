import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { needProgram } from "./roles/daemon.ts";

const root = resolve(import.meta.dirname, "..");

/** Everything but the formatter's own taste: spaces around a slice's colon, where lines break, how long they are. */
const options = ["--isolated", "--extend-ignore", "E203,E501,W503"];

/** Programs and modules in Python, also those without an ending. */
const programs = ["roles", "test"]
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => join(parentPath, name))
  .filter((path) => path.endsWith(".py") || /^#!.*python/.test(readFileSync(path, "latin1")));

describe("the programs in Python", () => {
  beforeAll(() => needProgram("flake8", "flake8"));

  it("are those of hosts and of tests", () => {
    for (const path of [
      "roles/mysql/files/keeper/decisions/decide.py",
      "roles/etcd/files/etcd-voter",
      "test/roles/app/app.py",
    ])
      expect(programs).toContain(join(root, path));
  });

  it("are good in the eyes of flake8", () => {
    const { stdout, stderr } = spawnSync("flake8", [...options, ...programs], { encoding: "utf8" });
    expect(stdout + stderr).toBe("");
  });

  it("would not be, with a mistake in them", () => {
    const { stdout } = spawnSync("flake8", [...options, "-"], { input: "import os\n", encoding: "utf8" });
    expect(stdout).toContain("F401 'os' imported but unused");
  });
});
