import type { Diagnostic } from "../model/source.ts";
import { badInput } from "../report/exit-code.ts";
import { badInputLine } from "../report/json/json.ts";
import { type CommandOutput, told } from "./command-output.ts";

/** Who reads what a command says, as its options tell. */
interface Reader {
  readonly output?: string;
  readonly verbose?: number;
}

/** Bad input: nothing is shown but what is wrong with it, to people and to the program that reads the output. */
export function refusal(
  problems: readonly Diagnostic[],
  { output, verbose = 0 }: Reader = {},
): CommandOutput {
  const line = output === "json" ? badInputLine(problems) : output === "nagios" ? nagiosLine(problems) : "";
  return { stdout: line, stderr: told(problems, verbose > 0), code: badInput };
}

/** Says it; gives back the exit code. To monitoring the same code means that nothing is known. */
export function refuse(problems: readonly Diagnostic[], reader: Reader = {}): number {
  const { stdout, stderr, code } = refusal(problems, reader);
  process.stderr.write(stderr);
  if (process.stdout.writable) process.stdout.write(stdout);
  return code;
}

function nagiosLine([first]: readonly Diagnostic[]): string {
  return `UNKNOWN - ${first?.source?.file ?? "input"}: ${first?.message.replaceAll("|", "¦") ?? ""}\n`;
}
