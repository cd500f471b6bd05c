import { resolve } from "node:path";
import { diagnostic } from "../base/diagnostic.ts";
import { replaceFile, tryReplace } from "../base/replace-file.ts";
import type { Diagnostic } from "../model/source.ts";

/** A file that a command was asked to write, by one of its options. */
export interface OutFile {
  /** As messages name it: `--out`. */
  readonly option: string;
  readonly file: string;
  /** Where a relative path starts. */
  readonly cwd: string;
  /** Permission bits; those that it has, where left out. */
  readonly mode?: number;
}

/** Why the file cannot be written, known before any work is begun; `undefined`: it can. The file is not touched. */
export function whyNotWritable(out: OutFile): Diagnostic | undefined {
  return problemOf(out, () => tryReplace(resolve(out.cwd, out.file)));
}

/** Writes the file, whole or not at all; gives back why it could not. */
export function writeOut(out: OutFile, text: string): Diagnostic | undefined {
  const { file, cwd, mode } = out;
  const replacing = mode === undefined ? {} : { mode };
  return problemOf(out, () => replaceFile(resolve(cwd, file), text, replacing));
}

function problemOf({ option, file }: OutFile, act: () => unknown): Diagnostic | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const hint = "name a file in a folder that exists and may be written to";
    return diagnostic("error", `${option} ${file}: cannot be written: ${reason}`, undefined, hint);
  }
}
