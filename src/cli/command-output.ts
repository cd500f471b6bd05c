import { diagnostic } from "../base/diagnostic.ts";
import { printableLines } from "../base/text.ts";
import type { Failure } from "../model/failure.ts";
import type { Diagnostic } from "../model/source.ts";
import { formatDiagnostic } from "../report/diagnostic.ts";

/** The output of a command and its exit code. */
export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Problems and warnings as text. `verbose`: with the stack of a fault in a role. */
export function diagnosticsText(problems: readonly Diagnostic[], verbose = false): string {
  return problems
    .flatMap((problem) => [formatDiagnostic(problem), ...stackLines(problem, verbose)])
    .map((text) => `${text}\n`)
    .join("");
}

function stackLines({ stack }: Diagnostic, verbose: boolean): readonly string[] {
  if (stack === undefined) return [];
  return verbose ? printableLines(stack).map((line) => `    ${line}`) : [];
}

/** The error of a role that failed before the command contacted a host. */
export function failureDiagnostic({ message, source, hint, stack }: Failure): Diagnostic {
  const problem = diagnostic("error", message, source, hint);
  return stack === undefined ? problem : { ...problem, stack };
}
