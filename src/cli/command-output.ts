import { diagnostic } from "../base/diagnostic.ts";
import { printableLines } from "../base/text.ts";
import type { Failure } from "../model/failure.ts";
import type { Diagnostic } from "../model/source.ts";
import { formatDiagnostic } from "../report/diagnostic.ts";

/** What a command has to say, and the code it ends with. */
export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Problems and warnings as people read them. `verbose`: with the calls that led to a fault in a role. */
export function told(problems: readonly Diagnostic[], verbose = false): string {
  return problems
    .flatMap((problem) => [formatDiagnostic(problem), ...stackLines(problem, verbose)])
    .map((text) => `${text}\n`)
    .join("");
}

function stackLines({ stack }: Diagnostic, verbose: boolean): readonly string[] {
  if (stack === undefined) return [];
  return verbose ? printableLines(stack).map((line) => `    ${line}`) : [];
}

/** What stopped a role before any host was contacted. */
export function stopped({ message, source, hint, stack }: Failure): Diagnostic {
  const problem = diagnostic("error", message, source, hint);
  return stack === undefined ? problem : { ...problem, stack };
}
