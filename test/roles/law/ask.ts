import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Resource } from "../../../src/model/resource.ts";
import { quote, sh } from "../../../src/script/script.ts";
import { needProgram } from "../daemon.ts";
import type { Judge, Sheet } from "./law.ts";

/** What a program said, and how it ended. */
export interface Answer {
  readonly code: number;
  readonly words: string;
}

/** Runs a checker. It must be there: one that is missing has refused nothing. */
export function run(program: string, args: readonly string[], input = ""): Promise<Answer> {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin`, LC_ALL: "C.UTF-8" };
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 255;
      if (error !== null && error.code === "ENOENT") reject(error);
      else resolve({ code, words: stdout + stderr });
    });
    child.stdin?.on("error", () => undefined); // one that ends early does not read all
    child.stdin?.end(input);
  });
}

/** Asks about one sheet after the other, a few at a time: more, where the checker mostly waits. */
export async function each(
  sheets: readonly Sheet[],
  ask: (sheet: Sheet, index: number) => Promise<string | undefined>,
  atOnce = 3,
): Promise<readonly (string | undefined)[]> {
  const answers: (string | undefined)[] = sheets.map(() => undefined);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < sheets.length; index = next++) {
      const sheet = sheets[index];
      if (sheet !== undefined) answers[index] = await ask(sheet, index);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return answers;
}

/**
 * Runs a command for each file, many in one shell: for this process it costs more to start a program than most checkers take.
 */
export async function runAll(
  files: readonly string[],
  command: (path: string) => readonly string[],
): Promise<readonly Answer[]> {
  const groups = Array.from({ length: Math.ceil(files.length / 25) }, (_, n) =>
    files.slice(n * 25, n * 25 + 25),
  );
  const answers: Answer[][] = groups.map(() => []);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < groups.length; index = next++) {
      const group = groups[index] ?? [];
      const lines = group.map(
        (file) => `${sh`${command(file)}`.text} >${quote(`${file}.said`)} 2>&1 </dev/null; echo $?`,
      );
      const { words } = await run("sh", ["-c", lines.join("\n")]);
      const codes = words.split("\n");
      answers[index] = group.map((file, at) => ({
        code: Number(codes[at] || 255),
        words: readFileSync(`${file}.said`, "utf8"),
      }));
    }
  };
  await Promise.all(Array.from({ length: 2 }, worker));
  return answers.flat();
}

/** For a checker that takes many at once and stops at the first: halves what it refuses until it is one. */
export async function halving(
  sheets: readonly Sheet[],
  ask: (sheets: readonly Sheet[]) => Promise<string | undefined>,
): Promise<readonly (string | undefined)[]> {
  if (sheets.length === 0) return [];
  const words = await ask(sheets);
  if (words === undefined) return sheets.map(() => undefined);
  if (sheets.length === 1) return [words];
  const half = sheets.length >> 1;
  return [...(await halving(sheets.slice(0, half), ask)), ...(await halving(sheets.slice(half), ask))];
}

/** The text of a file that is wanted. */
export const textOf = (resource: Resource): string =>
  new TextDecoder().decode(resource.payload?.content?.bytes);

/** A sheet with the file at a path, where that is wanted. */
export function sheetAt(path: string): Judge["sheets"] {
  return (resources) =>
    resources
      .filter(({ kind, key, payload }) => kind === "file" && key === path && payload?.content !== undefined)
      .map((resource) => new Map([[path, textOf(resource)]]));
}

/** One sheet with all files whose path fits. */
export function sheetOf(fits: (path: string) => boolean): Judge["sheets"] {
  return (resources) => {
    const files = resources.filter(
      ({ kind, key, payload }) => kind === "file" && fits(key) && payload?.content !== undefined,
    );
    return files.length === 0 ? [] : [new Map(files.map((one) => [one.key, textOf(one)]))];
  };
}

/** Puts a file of a test where a checker can read it. */
export function put(folder: string, name: string, text: string, mode = 0o644): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
  return path;
}

/** What a checker has against a file, where it ends with something else than 0. */
export const refusal = ({ code, words }: Answer): string | undefined =>
  code === 0 ? undefined : `${words.trim().slice(0, 600)} (exit ${code})`;

/**
 * A checker that is asked of one file at a time: `args` are given its path. What it says is a refusal where it ends with
 * something else than 0.
 */
export function fileJudge(given: {
  readonly name: string;
  readonly package: string;
  readonly path: string;
  readonly args: (path: string) => readonly string[];
  /** What is moved into the folder of the test. */
  readonly moved?: (text: string, folder: string) => string;
}): Judge {
  const { name, path } = given;
  return {
    name,
    sheets: sheetAt(path),
    ask: async (sheets, folder) => {
      needProgram(name, given.package);
      const files = sheets.map((sheet, index) => {
        const text = sheet.get(path) ?? "";
        return put(folder, `${index}`, given.moved?.(text, folder) ?? text);
      });
      return (await runAll(files, (file) => [name, ...given.args(file)])).map(refusal);
    },
  };
}

/** So many open files as this machine allows: a role asks its host how many that are, before it writes more. */
export function allowedHere(wanted: string): number {
  hardLimit ??=
    Number.parseInt(execFileSync("/bin/sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }), 10) || 65_536;
  return Math.min(Number(wanted), hardLimit);
}

let hardLimit: number | undefined;
