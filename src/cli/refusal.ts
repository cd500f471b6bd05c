import type { Diagnostic } from "../model/source.ts";
import { badInput } from "../report/exit-code.ts";
import { badInputLine } from "../report/json/json.ts";
import { type CommandOutput, diagnosticsText } from "./command-output.ts";

/** The options that decide how to show bad input. */
interface OutputOptions {
  readonly output?: string;
  readonly verbose?: number;
}

/** The output for bad input: only its problems, for people and for the program that reads the output. */
export function refusal(
  problems: readonly Diagnostic[],
  { output, verbose = 0 }: OutputOptions = {},
): CommandOutput {
  const line = output === "json" ? badInputLine(problems) : output === "nagios" ? nagiosLine(problems) : "";
  return { stdout: line, stderr: diagnosticsText(problems, verbose > 0), code: badInput };
}

/** Writes the problems and returns the exit code. For monitoring the same code means UNKNOWN. */
export function refuse(problems: readonly Diagnostic[], options: OutputOptions = {}): number {
  const { stdout, stderr, code } = refusal(problems, options);
  process.stderr.write(stderr);
  if (process.stdout.writable) process.stdout.write(stdout);
  return code;
}

function nagiosLine([first]: readonly Diagnostic[]): string {
  return `UNKNOWN - ${first?.source?.file ?? "input"}: ${first?.message.replaceAll("|", "¦") ?? ""}\n`;
}
