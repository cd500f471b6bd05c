import { extname } from "node:path";
import { diagnostic } from "../../base/diagnostic.ts";
import type { Diagnostic } from "../../model/source.ts";
import { type OutFile, whyNotWritable, writeOut } from "../out-file.ts";

const pageAt = (file: string): OutFile => ({ option: "--report", file, cwd: process.cwd() });

/** The error if the page cannot be written, found before the run contacts a host. */
export function whyNoPage(file: string): Diagnostic | undefined {
  if (extname(file).toLowerCase() === ".html") return whyNotWritable(pageAt(file));
  const message = `--report ${file}: the report is an HTML page`;
  return diagnostic("error", message, undefined, "write --report run.html");
}

/** Writes the page completely or not at all; returns the error. */
export function writePage(file: string, text: string): Diagnostic | undefined {
  return writeOut(pageAt(file), text);
}
