import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { diagnostic } from "../../base/diagnostic.ts";
import { type Place, TextFile } from "../../inventory/parse/text-file.ts";
import type { Diagnostic } from "../../model/source.ts";

/**
 * The error for an exception in code of the project, during loading or during a call. Its position is in the file of the
 * role, `path`, or in a file that it imports.
 */
export function thrownProblem(error: unknown, path: string, cwd: string): Diagnostic {
  const { message, stack = "" } = error instanceof Error ? error : { message: String(error) };
  const parsed = /^ParseError: (.*?)\s*\n\s*(.+):(\d+):(\d+)$/.exec(message);
  if (parsed !== null) {
    const [, words, broken = path, line, col] = parsed;
    const at = placeIn(relative(cwd, broken), textOf(broken), Number(line), Number(col) + 1);
    return diagnostic("error", `does not compile: ${words}`, at);
  }
  const [first = ""] = message.split("\n");
  const missing = /^Cannot find (?:module|package) '([^./][^']*)'/.exec(first);
  const hint = missing === null ? undefined : `npm install ${missing[1]}, or remove the import`;
  const frame = frameIn(stack, cwd) ?? { path, line: 1 };
  const text = textOf(frame.path);
  // Removing the types keeps lines, but moves columns.
  const col = (/\S/.exec(text.split("\n")[frame.line - 1] ?? "")?.index ?? 0) + 1;
  return diagnostic("error", first, placeIn(relative(cwd, frame.path), text, frame.line, col), hint);
}

/** A position in a file with the text of its line. Line and column count from 1. */
export function placeIn(file: string, text: string, line: number, col: number): Place {
  const before = text.split("\n").slice(0, line - 1);
  const start = before.reduce((sum, one) => sum + one.length + 1, col - 1);
  return new TextFile(file, text).place(start, start + 1);
}

/** The innermost call in a file of the project. */
function frameIn(stack: string, cwd: string): { readonly path: string; readonly line: number } | undefined {
  for (const [, path = "", line] of stack.matchAll(/(?:\(|at )(?:file:\/\/)?(\/[^\n]*?):(\d+):\d+\)?$/gm)) {
    if (path.startsWith(join(cwd, "/")) && !path.includes("/node_modules/"))
      return { path, line: Number(line) };
  }
  return undefined;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
