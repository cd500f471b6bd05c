import type { Command } from "commander";
import { RoleStop } from "../base/role-stop.ts";
import { printableLines } from "../base/text.ts";
import { badInput } from "../report/exit-code.ts";
import { stopped, told } from "./command-output.ts";
import { unknownCommand } from "./program.ts";

/** Makes the command line; `done` is told the exit code of the command that was started. */
type Build = (done: (code: number) => void) => Command;

/** What a command ends with that has not said how it ended. */
const failed = 1;
/** The same for what monitoring asks: it could not find out. */
const unknown = 3;

/** What is known of this process until it ends. */
interface State {
  readonly program: Command;
  /** The command that was started. */
  command?: Command;
  /** Said by the command itself. */
  code?: number;
  /** Set when the output could not be written. */
  unwritten?: NodeJS.ErrnoException;
}

/**
 * Starts the command that the words name, and ends the process with the code it gives. The code is one of success only
 * where the command has said so: one that stops without a word, because nothing is left that it could wait for, has failed.
 */
export function start(words: readonly string[], build: Build): void {
  const state: State = {
    program: build((code) => {
      state.code = code;
    }),
  };
  state.program.hook("preAction", (_, command) => {
    state.command = command;
    // Not before: commander takes it for the exit code of `help`.
    process.exitCode = failed;
  });
  guardOutput(state);
  process.on("uncaughtException", (error) => fault(state, error));
  process.on("beforeExit", () => end(state, state.code ?? silent(state)));
  parse(state, words).then(
    (code) => process.stdout.write("", () => setImmediate(end, state, code)),
    (error: unknown) => fault(state, error),
  );
}

async function parse(state: State, words: readonly string[]): Promise<number> {
  const { program } = state;
  const mistake = unknownCommand(program, words.slice(2));
  if (mistake !== undefined) {
    process.stderr.write(`provision: ${mistake}\n`);
    return badInput;
  }
  try {
    await program.parseAsync(words);
    return state.code ?? silent(state);
  } catch (error) {
    // commander ends `--help` and `--version` by an error with exit code 0, and bad usage by one with exit code 1.
    if (error instanceof Error && "exitCode" in error) return error.exitCode === 0 ? 0 : badInput;
    if (!(error instanceof RoleStop)) throw error;
    process.stderr.write(told([stopped(error.failure)], Number(state.command?.opts().verbose) > 0));
    return failed;
  }
}

/**
 * A reader that went away (`| head`) is no reason to stop in the middle of a run: it goes on, unseen, to its true end. What
 * cannot be told of a problem is no reason either.
 */
function guardOutput(state: State): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    state.unwritten ??= error;
  });
  process.stderr.on("error", () => {});
}

/** Says that the command has not said how it ended; gives back the exit code. */
function silent(state: State): number {
  const name = nameOf(state);
  return tell(state, `${name} ended before it was done: nothing is left that it could wait for`, "");
}

/** Whatever is thrown is a bug: expected failures are values. */
function fault(state: State, error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.exit(tell(state, `${nameOf(state)} stopped at a fault`, `\n${printableLines(stack).join("\n")}`));
}

function tell({ command }: State, message: string, more: string): number {
  process.stderr.write(`${message}. This is a bug in provision, please report it.${more}\n`);
  if (command?.opts().output !== "nagios") return failed;
  process.stdout.write(`UNKNOWN - ${message}\n`);
  return unknown;
}

/** `provision lab up`. */
function nameOf({ command }: State): string {
  const names: string[] = [];
  for (let one: Command | null | undefined = command; one; one = one.parent) names.unshift(one.name());
  return names.length === 0 ? "provision" : names.join(" ");
}

function end({ unwritten, command }: State, code: number): void {
  const lost = unwritten !== undefined && unwritten.code !== "EPIPE";
  if (lost) process.stderr.write(`provision: the output could not be written: ${unwritten.message}\n`);
  const told = command?.opts().output === "nagios" ? unknown : code === 0 || code === 2 ? failed : code;
  // Connections that are still saying goodbye are not waited for: hosts clean up by themselves when one is gone.
  process.exit(lost ? told : code);
}
