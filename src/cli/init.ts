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
 * `provision init DIR`: a project of the user's own, copied from skeleton/, in a folder that is new or empty. Code 0, or 3
 * where there can be none; then nothing that was there has been touched.
 */
export function initCommand(dir: string, cwd = process.cwd()): CommandOutput {
  const folder = resolve(cwd, dir);
  const inTheWay = obstacle(folder, dir);
  if (inTheWay !== undefined) return refusal([inTheWay]);
  try {
    for (const [path, text] of skeletonFor(folder)) write(join(folder, path), text);
    const schema = schemaCommand(folder);
    if (schema.code !== 0) return schema;
    write(join(folder, schemaFile), schema.stdout);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refusal([diagnostic("error", `${dir} could not be written: ${reason}`, undefined, otherFolder)]);
  }
  return { stdout: told(folder, dir, cwd), stderr: "", code: 0 };
}

const otherFolder = "name a folder that is new or empty: provision init my-stack";

/** What keeps a project from being made here. A repository with nothing in it yet is an empty folder. */
function obstacle(folder: string, dir: string): Diagnostic | undefined {
  const names = namesIn(folder).filter((name) => name !== ".git");
  if (names.length === 0) return undefined;
  const words = `${dir} is not empty, it has ${firstOf(names)}: nothing was written`;
  return diagnostic("error", words, undefined, otherFolder);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // It is not there yet, or cannot be: then writing into it says why.
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
      // npm leaves out a .gitignore, and takes one for itself.
      return [relative(skeleton, path).replace(/^_/, "."), text];
    }),
  );
}

/** What differs from project to project. Test and editor use what the package itself is tested with. */
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

/** Never over something: what appeared meanwhile is an error. */
function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { flag: "wx" });
}

/** What was made, and what to do next: the commands of its README. */
function told(folder: string, dir: string, cwd: string): string {
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  const [, commands = ""] = /```\n([\s\S]*?)```/.exec(readme) ?? [];
  const steps = folder === resolve(cwd) ? commands : `cd ${quote(dir)}\n${commands}`;
  return `${dir}: a stack of four hosts with a role of its own. README.md says what is where. Next:\n\n${steps.replace(/^(?=.)/gm, "  ")}`;
}
