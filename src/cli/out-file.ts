import { resolve } from "node:path";
import { diagnostic } from "../base/diagnostic.ts";
import { replaceFile, tryReplace } from "../base/replace-file.ts";
import type { Diagnostic } from "../model/source.ts";

/** An output file that an option of a command names. */
export interface OutFile {
  /** The option, for messages: `--out`. */
  readonly option: string;
  readonly file: string;
  /** Base of a relative path. */
  readonly cwd: string;
  /** Permission bits; without it, those of the existing file. */
  readonly mode?: number;
}

/** Why the file cannot be written, found before the command starts; `undefined`: it can. The file does not change. */
export function whyNotWritable(out: OutFile): Diagnostic | undefined {
  return problemOf(out, () => tryReplace(resolve(out.cwd, out.file)));
}

/** Writes the file completely or not at all; returns the error. */
export function writeOut(out: OutFile, text: string): Diagnostic | undefined {
  const { file, cwd, mode } = out;
  const options = mode === undefined ? {} : { mode };
  return problemOf(out, () => replaceFile(resolve(cwd, file), text, options));
}

function problemOf({ option, file }: OutFile, act: () => unknown): Diagnostic | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const hint = "name a file in an existing folder that you may write to";
    return diagnostic("error", `${option} ${file}: cannot be written: ${reason}`, undefined, hint);
  }
}
