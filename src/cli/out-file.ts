import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { diagnostic } from "../inventory/diagnostic.ts";
import type { Diagnostic } from "../model/source.ts";

/** Writes what a command was asked for with `--out FILE`; gives back why it could not. `cwd`: where a relative path starts. */
export function writeOut(file: string, text: string, cwd: string): Diagnostic | undefined {
  try {
    writeFileSync(resolve(cwd, file), text);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const hint = "name a file in a folder that exists and may be written to";
    return diagnostic("error", `--out ${file}: ${reason}`, undefined, hint);
  }
}
