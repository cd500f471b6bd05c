import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { afterAll, describe, expect, it } from "vitest";
import { buildProgram } from "../../../src/cli/program.ts";
import { persistentOptions, RunOption } from "../../../src/cli/run/run-option.ts";
import { readSavedPlan, writeSavedPlan } from "../../../src/cli/run/saved-plan.ts";
import { requestFrom } from "../../../src/plan/saved.ts";

const folder = mkdtempSync(join(tmpdir(), "provision-continuing-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const runs = ["apply", "plan", "check"] as const;

/** A command of the program, which only reads its words. */
function commandNamed(name: string): Command {
  const command = buildProgram(() => {}).commands.find((one) => one.name() === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  return command.action(() => {});
}

/** What the options become when these words are given. */
async function given(name: string, words: readonly string[]) {
  const command = commandNamed(name);
  await command.parseAsync(words, { from: "user" });
  return { persistent: persistentOptions(command), values: { ...command.opts() } };
}

/** What an option may be given with; one without an entry takes what its list of choices has last. */
const samples: Readonly<Record<string, readonly string[]>> = {
  "--inventory": ["-i", "a.yml", "-i", "b"],
  "--limit": ["-l", "web:!web3"],
  "--extra-vars": ["-e", "@vars.yml", "-e", "password=canary"],
  "--roles": ["--roles", "nginx,common"],
  "--forks": ["-f", "7"],
  "--timeout": ["--timeout", "61"],
  "--verbose": ["-v", "-v"],
  "--report": ["--report", "run.html"],
  "--plan": ["--plan", "p.json"],
  "--out": ["--out", "p.json"],
};

/** The words that continue, where they are not those that were given. */
const otherwise: Readonly<Record<string, readonly string[]>> = {
  "--limit": [],
  "--extra-vars": ["-e", "@vars.yml", "-e", "..."],
  "--report": [],
  "--plan": [],
  "--out": [],
};

const every = runs.flatMap((name) =>
  commandNamed(name).options.map((option) => {
    const long = option.long ?? option.flags;
    const value = option.argChoices?.at(-1);
    const words = samples[long] ?? [option.short ?? long, ...(value === undefined ? [] : [value])];
    return { name, long, option, words };
  }),
);

describe("the command that resumes a run", () => {
  it("knows all options there are", () => {
    expect(every.length).toBeGreaterThan(45);
    for (const long of Object.keys(samples)) expect(every.map((one) => one.long)).toContain(long);
  });

  it.each(every)("$name $long: declared, and kept as it was given", async ({ name, long, option, words }) => {
    expect(option).toBeInstanceOf(RunOption);
    const { persistent, values } = await given(name, words);
    expect(persistent.words(values)).toEqual(otherwise[long] ?? words);
    // What it says means the same when it is read again.
    const again = await given(name, persistent.words(values));
    if (otherwise[long] === undefined) expect(again.values).toEqual(values);
  });

  it("has no option that was not given", async () => {
    for (const name of runs) {
      const { persistent, values } = await given(name, []);
      expect([persistent.words(values), persistent.saved(values)]).toEqual([[], {}]);
    }
  });
});

describe("a saved plan", () => {
  const kept = every.filter(
    ({ option }) => option instanceof RunOption && option.persistence.saved !== undefined,
  );

  it.each(kept.filter(({ name }) => name === "plan"))("keeps $long", async ({ words, option }) => {
    const attribute = option.attributeName();
    const { persistent, values } = await given("plan", [...(words[0] === "-i" ? [] : ["-i", "a"]), ...words]);
    const file = join(folder, "plan.json");
    const request = requestFrom(persistent.saved(values));
    expect(
      writeSavedPlan(file, request, { hosts: [], stages: [], rollouts: [], stale: [] }, { hosts: [] }),
    ).toBeUndefined();
    const read = readSavedPlan(file);
    if (!read.ok) throw new Error(read.error.message);
    const apply = await given("apply", ["--plan", file]);
    const merged = apply.persistent.withSaved(read.value.request, apply.values);
    expect(merged[attribute]).toEqual(values[attribute]);
  });

  it("says what it is made of: nothing else can be said beside it, how to reach its hosts can", async () => {
    const saved = requestFrom({ inventory: ["a"], limit: "web", forks: 3, timeout: 60 });
    const against = async (...words: readonly string[]) => {
      const { persistent, values } = await given("apply", words);
      return persistent.conflicts(saved, values);
    };
    expect(await against("-i", "a", "-l", "web", "-f", "9", "--force")).toEqual([]);
    expect(await against("-i", "b", "-e", "a=b", "--prune", "--roles", "x")).toEqual([
      "-i",
      "-e",
      "--roles",
      "--prune",
    ]);
    const { persistent, values } = await given("apply", ["-f", "9", "-D"]);
    expect(persistent.withSaved(saved, values)).toMatchObject({
      forks: 9,
      timeout: 60,
      limit: "web",
      diff: true,
    });
  });

  it("replaces the one before whole, for its owner only, and leaves nothing beside it", () => {
    const file = join(folder, "mine.json");
    writeFileSync(file, "old", { mode: 0o644 });
    const { ino } = statSync(file);
    expect(
      writeSavedPlan(
        file,
        { inventory: ["a"] },
        { hosts: [], stages: [], rollouts: [], stale: [] },
        { hosts: [] },
      ),
    ).toBeUndefined();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(file).ino).not.toBe(ino);
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      version: 1,
      request: { inventory: ["a"] },
    });
    expect(readdirSync(folder).filter((name) => name.endsWith(".new"))).toEqual([]);
  });

  it.each([
    ["{", "it is not JSON"],
    ['{"version":1,"request":{"inventory":["a"],"report":"/etc/x.html"},"hosts":{}}', "not a plan saved by"],
    ['{"version":1,"request":{"inventory":[]},"hosts":{}}', "not a plan saved by"],
    ['{"version":1,"request":{"inventory":["a"]},"hosts":{"h":[7]}}', "not a plan saved by"],
  ])("%s is none", (text, reason) => {
    const file = join(folder, "bad.json");
    writeFileSync(file, text);
    expect(readSavedPlan(file)).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining(reason) },
    });
  });
});
