import { randomBytes } from "node:crypto";
import { closeSync, openSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { diagnostic } from "../inventory/diagnostic.ts";
import { err, ok, type Result } from "../model/result.ts";
import type { Diagnostic } from "../model/source.ts";

/** Known before any host is contacted: a run whose page was asked for and cannot be written is not begun. */
export function whyNoPage(file: string): Diagnostic | undefined {
  if (extname(file).toLowerCase() !== ".html") {
    return diagnostic(
      "error",
      `--report ${file}: the report is a page`,
      undefined,
      "write --report run.html",
    );
  }
  const opened = openBeside(file);
  if (!opened.ok) return opened.error;
  closeSync(opened.value.descriptor);
  rmSync(opened.value.path);
  return undefined;
}

/** Readers see the old page or the new one, never half of one. Gives back why it could not be written. */
export function writePage(file: string, text: string): Diagnostic | undefined {
  const opened = openBeside(file);
  if (!opened.ok) return opened.error;
  const { descriptor, path } = opened.value;
  try {
    writeFileSync(descriptor, text);
    closeSync(descriptor);
    renameSync(path, resolve(file));
    return undefined;
  } catch (error) {
    rmSync(path, { force: true });
    return unwritable(file, error);
  }
}

interface Beside {
  readonly descriptor: number;
  readonly path: string;
}

/** A new file in the same folder, which a rename puts in the place of the one that is meant. */
function openBeside(file: string): Result<Beside, Diagnostic> {
  const full = resolve(file);
  const path = join(dirname(full), `.${basename(full)}.${randomBytes(4).toString("hex")}.new`);
  try {
    const there = statSync(full, { throwIfNoEntry: false });
    if (there !== undefined && !there.isFile()) return err(unwritable(file, "it is there, and is no file"));
    return ok({ descriptor: openSync(path, "wx", there?.mode ?? 0o666), path });
  } catch (error) {
    return err(unwritable(file, error));
  }
}

function unwritable(file: string, error: unknown): Diagnostic {
  const reason = error instanceof Error ? error.message : String(error);
  const message = `--report ${file}: the page cannot be written: ${reason}`;
  return diagnostic("error", message, undefined, "name a file in a folder that exists and may be written to");
}
