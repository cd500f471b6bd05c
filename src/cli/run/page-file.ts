import { extname } from "node:path";
import { diagnostic } from "../../base/diagnostic.ts";
import type { Diagnostic } from "../../model/source.ts";
import { type OutFile, whyNotWritable, writeOut } from "../out-file.ts";

const pageAt = (file: string): OutFile => ({ option: "--report", file, cwd: process.cwd() });

/** Known before any host is contacted: a run whose page was asked for and cannot be written is not begun. */
export function whyNoPage(file: string): Diagnostic | undefined {
  if (extname(file).toLowerCase() === ".html") return whyNotWritable(pageAt(file));
  const message = `--report ${file}: the report is a page`;
  return diagnostic("error", message, undefined, "write --report run.html");
}

/** Readers see the old page or the new one, never half of one. Gives back why it could not be written. */
export function writePage(file: string, text: string): Diagnostic | undefined {
  return writeOut(pageAt(file), text);
}
