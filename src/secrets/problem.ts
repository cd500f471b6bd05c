import type { Diagnostic } from "../model/source.ts";

/** A diagnostic without a line of a file. */
export function problem(
  message: string,
  hint?: string,
  severity: Diagnostic["severity"] = "error",
): Diagnostic {
  return { severity, message, ...(hint === undefined ? {} : { hint }) };
}

/** The code of a file system error (`ENOENT`), else the message of the error. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
