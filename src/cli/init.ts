import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { diagnostic } from "../base/diagnostic.ts";
import { firstOf } from "../base/listed.ts";
import type { Diagnostic } from "../model/source.ts";
import { quote } from "../script/script.ts";
import type { CommandOutput } from "./command-output.ts";
import { developmentPackages, packageRoot } from "./package.ts";
import { refusal } from "./refusal.ts";
import { schemaCommand } from "./schema.ts";

const schemaFile = ".vscode/inventory.schema.json";

/**
 * `provision init DIR`: a copy of skeleton/ as the user's own project, in a folder that is new or empty. Code 0; 3 if
 * that is not possible. It never changes existing files.
 */
export function initCommand(dir: string, cwd = process.cwd()): CommandOutput {
  const folder = resolve(cwd, dir);
  const problem = obstacle(folder, dir);
  if (problem !== undefined) return refusal([problem]);
  try {
    for (const [path, text] of skeletonFor(folder)) write(join(folder, path), text);
    const schema = schemaCommand(folder);
    if (schema.code !== 0) return schema;
    write(join(folder, schemaFile), schema.stdout);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refusal([diagnostic("error", `${dir} could not be written: ${reason}`, undefined, otherFolder)]);
  }
  return { stdout: summary(folder, dir, cwd), stderr: "", code: 0 };
}

const otherFolder = "name a folder that is new or empty: provision init my-stack";

/** The error if the folder is not empty. A repository without files counts as empty. */
function obstacle(folder: string, dir: string): Diagnostic | undefined {
  const names = namesIn(folder).filter((name) => name !== ".git");
  if (names.length === 0) return undefined;
  const words = `${dir} is not empty: it has ${firstOf(names)}. Nothing was written`;
  return diagnostic("error", words, undefined, otherFolder);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // The folder does not exist or cannot be read: writing into it reports the error.
    return [];
  }
}

/** Path → text of the project's files. */
function skeletonFor(folder: string): ReadonlyMap<string, string> {
  const skeleton = join(packageRoot(), "skeleton");
  const values = placeholders(folder);
  const files = readdirSync(skeleton, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      const text = readFileSync(path, "utf8").replace(/__[A-Z_]+__/g, (word) => values.get(word) ?? word);
      // npm does not package a file named .gitignore.
      return [relative(skeleton, path).replace(/^_/, "."), text];
    }),
  );
}

/** The values of a project. Tests and editor use the package versions that this package is tested with. */
function placeholders(folder: string): ReadonlyMap<string, string> {
  const tested = developmentPackages();
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return new Map([
    ["__NAME__", name || "my-stack"],
    ["__PROVISION__", `file:${relative(folder, packageRoot())}`],
    ["__TYPES_NODE__", tested.get("@types/node") ?? "*"],
    ["__TYPESCRIPT__", tested.get("typescript") ?? "*"],
    ["__VITEST__", tested.get("vitest") ?? "*"],
  ]);
}

/** Never overwrites: an existing file is an error. */
function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { flag: "wx" });
}

/** The created project, and the next commands, from its README. */
function summary(folder: string, dir: string, cwd: string): string {
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  const [, commands = ""] = /```\n([\s\S]*?)```/.exec(readme) ?? [];
  const steps = folder === resolve(cwd) ? commands : `cd ${quote(dir)}\n${commands}`;
  return `${dir}: created a project with four hosts and one role. README.md describes its files. Next:\n\n${steps.replace(/^(?=.)/gm, "  ")}`;
}
