import type { Diagnostic } from "../model/source.ts";

/** A diagnostic about a file as a whole. */
export function problem(
  message: string,
  hint?: string,
  severity: Diagnostic["severity"] = "error",
): Diagnostic {
  return { severity, message, ...(hint === undefined ? {} : { hint }) };
}

/** The code of an error of the file system (`ENOENT`), else its words. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
