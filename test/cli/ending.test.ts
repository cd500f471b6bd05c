import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { build, type Plugin } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildProgram } from "../../src/cli/program.ts";

const folder = mkdtempSync(join(tmpdir(), "provision-ending-"));
const driver = join(folder, "driver.mjs");

/** What a command loads when it is started never comes: its promise stays open, whatever it is. */
const stuckModules: Plugin = {
  name: "stuck modules",
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./stuck.mjs", external: true } : undefined,
    );
  },
};

beforeAll(async () => {
  writeFileSync(join(folder, "stuck.mjs"), "await new Promise(() => {});\n");
  // The version of the package is looked for above the file.
  writeFileSync(join(folder, "package.json"), '{"version": "0.0.0"}');
  await build({
    entryPoints: [join(import.meta.dirname, "stuck-driver.ts")],
    outfile: driver,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    plugins: [stuckModules],
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Started {
  /** `provision lab up`. */
  readonly name: string;
  readonly words: readonly string[];
}

/** Every command that does something, with what it must be given. */
function startable(command: Command, path: readonly string[] = []): readonly Started[] {
  if (command.commands.length > 0)
    return command.commands.flatMap((one) => startable(one, [...path, one.name()]));
  const given = command.registeredArguments.flatMap(({ required, argChoices }) =>
    required ? [argChoices?.[0] ?? "word"] : [],
  );
  return [{ name: ["provision", ...path].join(" "), words: [...path, ...given] }];
}

const commands = startable(buildProgram(() => {}));

function started(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [driver, ...args], {
    cwd: folder,
    encoding: "utf8",
    timeout: 30_000,
  });
  return { code: status, stdout, stderr };
}

describe("a command that has not said how it ended has failed", () => {
  it("finds all commands", () => {
    expect(commands.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "provision apply",
        "provision lab up",
        "provision secrets edit",
        "provision init",
      ]),
    );
    expect(commands.length).toBeGreaterThan(18);
  });

  it.each(commands)("$name: what it waits for never comes", ({ name, words }) => {
    const { code, stdout, stderr } = started(["as it is", ...words]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(`${name} ended without a result. This is a bug in provision, please report it.\n`);
  });

  it.each(commands.flatMap((one) => ["wordless", "never settles"].map((manner) => ({ ...one, manner }))))(
    "$name: $manner",
    ({ name, words, manner }) => {
      const { code, stderr } = started([manner, ...words]);
      expect(code).toBe(1);
      expect(stderr).toContain(`${name} ended without a result`);
    },
  );

  it("is unknown to monitoring", () => {
    for (const manner of ["as it is", "wordless", "rejects unheard"]) {
      const { code, stdout } = started([manner, "check", "-o", "nagios"]);
      expect(code).toBe(3);
      expect(stdout).toMatch(
        /^UNKNOWN - provision check (ended without a result|stopped because of an internal error)\n$/,
      );
    }
  });

  it.each(["throws later", "rejects unheard"])(
    "%s: told as a bug, and nothing reaches the terminal",
    (manner) => {
      const { code, stderr } = started([manner, "apply"]);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^provision apply stopped because of an internal error\. This is a bug in provision, please report it\.\nTypeError: of a/,
      );
      expect(stderr).not.toContain("\u001b");
    },
  );
});

describe("help", () => {
  it("of a command that is not there is bad input", () => {
    const { code, stderr } = started(["as it is", "help", "aply"]);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: "provision: there is no command `aply`; did you mean `apply`?\n",
    });
    expect(started(["as it is", "help", "apply"]).code).toBe(0);
  });
});
