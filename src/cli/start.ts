import type { Command } from "commander";
import { RoleStop } from "../base/role-stop.ts";
import { printableLines } from "../base/text.ts";
import { badInput } from "../report/exit-code.ts";
import { diagnosticsText, failureDiagnostic } from "./command-output.ts";
import { unknownCommand } from "./program.ts";

/** Builds the command line; `done` receives the exit code of the command. */
type Build = (done: (code: number) => void) => Command;

/** Exit code of a command that ended without a result. */
const failed = 1;
/** The same for monitoring: UNKNOWN. */
const unknown = 3;

/** The state of this process. */
interface State {
  readonly program: Command;
  /** The command of the command line, when it has started. */
  command?: Command;
  /** The exit code that the command has reported. */
  code?: number;
  /** The error that kept output from being written. */
  unwritten?: NodeJS.ErrnoException;
}

/**
 * Runs the command of the command line and ends the process with its exit code. A command that ends without a result,
 * because it waits for nothing any more, has failed.
 */
export function start(words: readonly string[], build: Build): void {
  const state: State = {
    program: build((code) => {
      state.code = code;
    }),
  };
  state.program.hook("preAction", (_, command) => {
    state.command = command;
    // Not earlier: commander uses it as the exit code of `help`.
    process.exitCode = failed;
  });
  guardOutput(state);
  process.on("uncaughtException", (error) => reportException(state, error));
  process.on("beforeExit", () => end(state, state.code ?? endedWithoutResult(state)));
  parse(state, words).then(
    (code) => process.stdout.write("", () => setImmediate(end, state, code)),
    (error: unknown) => reportException(state, error),
  );
}

async function parse(state: State, words: readonly string[]): Promise<number> {
  const { program } = state;
  const problem = unknownCommand(program, words.slice(2));
  if (problem !== undefined) {
    process.stderr.write(`provision: ${problem}\n`);
    return badInput;
  }
  try {
    await program.parseAsync(words);
    return state.code ?? endedWithoutResult(state);
  } catch (error) {
    // commander throws an error with exit code 0 for `--help` and `--version`, and with 1 for wrong usage.
    if (error instanceof Error && "exitCode" in error) return error.exitCode === 0 ? 0 : badInput;
    if (!(error instanceof RoleStop)) throw error;
    process.stderr.write(
      diagnosticsText([failureDiagnostic(error.failure)], Number(state.command?.opts().verbose) > 0),
    );
    return failed;
  }
}

/**
 * Ignores errors of the output streams during the run: when the reader of the output has gone (`| head`), a run must still
 * continue to its end.
 */
function guardOutput(state: State): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    state.unwritten ??= error;
  });
  process.stderr.on("error", () => {});
}

/** Reports a command that ended without a result; returns the exit code. */
function endedWithoutResult(state: State): number {
  const name = nameOf(state);
  return reportBug(state, `${name} ended without a result`, "");
}

/** Every exception here is a bug, because expected failures are values. */
function reportException(state: State, error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.exit(
    reportBug(
      state,
      `${nameOf(state)} stopped because of an internal error`,
      `\n${printableLines(stack).join("\n")}`,
    ),
  );
}

function reportBug({ command }: State, message: string, details: string): number {
  process.stderr.write(`${message}. This is a bug in provision, please report it.${details}\n`);
  if (command?.opts().output !== "nagios") return failed;
  process.stdout.write(`UNKNOWN - ${message}\n`);
  return unknown;
}

/** For example `provision lab up`. */
function nameOf({ command }: State): string {
  const names: string[] = [];
  for (let one: Command | null | undefined = command; one; one = one.parent) names.unshift(one.name());
  return names.length === 0 ? "provision" : names.join(" ");
}

function end({ unwritten, command }: State, code: number): void {
  const lost = unwritten !== undefined && unwritten.code !== "EPIPE";
  if (lost) process.stderr.write(`provision: the output could not be written: ${unwritten.message}\n`);
  const failure = command?.opts().output === "nagios" ? unknown : code === 0 || code === 2 ? failed : code;
  // Do not wait for open connections: hosts clean up when a connection ends.
  process.exit(lost ? failure : code);
}
