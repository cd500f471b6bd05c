import { formatDiagnostic } from "../inventory/diagnostic.ts";
import type { Diagnostic } from "../model/source.ts";
import { badInput } from "../report/exit-code.ts";

/** What a command has to say, and the code it ends with. */
export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Problems and warnings as people read them. */
export function told(problems: readonly Diagnostic[]): string {
  return problems.map((problem) => `${formatDiagnostic(problem)}\n`).join("");
}

/** Bad input: nothing is shown but what is wrong with it. */
export function refusal(problems: readonly Diagnostic[]): CommandOutput {
  return { stdout: "", stderr: told(problems), code: badInput };
}
