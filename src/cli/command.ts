import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandOutput } from "./command-output.ts";
import { RunOption } from "./run/run-option.ts";

/** Receives the exit code of a command when it ends. */
export type Done = (code: number) => void;

/** Options of every command that reads an inventory. */
export interface InventoryOptions {
  readonly inventory: readonly string[];
  readonly limit?: string;
  readonly extraVars: readonly string[];
}

/** Options for the connections to hosts. */
export interface ReachOptions {
  /** Hosts at the same time. */
  readonly forks: number;
  readonly askBecomePass?: boolean;
  readonly acceptNewHostKeys?: boolean;
  readonly transport: "auto" | "ssh" | "openssh";
  /** Deadline of a login, in seconds. */
  readonly timeout: number;
}

/** A hidden `-l` for commands that work on the whole stack, so that they can reject it with a message. */
export const rejectedLimit = (): Option => new Option("-l, --limit <pattern>").hideHelp();

const limitOption = (): Option =>
  // The resume command has its own -l with the remaining hosts.
  new RunOption("-l, --limit <pattern>", "only these hosts: Ansible's patterns, as in 'web:!web3'", {
    resume: "never",
    saved: "always",
  });

/** Variables may be secret, and the resume command appears in logs: `-e ...` replaces them. */
const repeatedVars = (value: unknown): readonly string[] =>
  listIn(value).flatMap((vars) => ["-e", vars.startsWith("@") ? vars : "..."]);

const listIn = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

/** Adds the options of every command that reads an inventory. `limit`: another `-l` for this command. */
export function withInventory(command: Command, limit: Option = limitOption()): Command {
  return command
    .addOption(
      new RunOption("-i, --inventory <path>", "an inventory file or folder; may be given more than once", {
        resume: (value) => listIn(value).flatMap((path) => ["-i", path]),
        saved: "always",
      })
        .argParser(collect)
        .default([], "none"),
    )
    .addOption(limit)
    .addOption(
      new RunOption(
        "-e, --extra-vars <vars>",
        "variables that win over all others: key=value, JSON, or @file",
        {
          resume: repeatedVars,
          saved: "always",
        },
      )
        .argParser(collect)
        .default([], "none"),
    )
    .exitOverride();
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** Parses names with commas between them. */
export function list(value: string): readonly string[] {
  const names = value.split(",").map((word) => word.trim());
  if (names.every((name) => name !== "")) return names;
  throw new InvalidArgumentError("Give names, separated by commas.");
}

/** Parses a whole number above 0. */
export function count(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("Give a whole number above 0.");
}

/** Writes the output of a command and reports its exit code. */
export function show({ stdout, stderr, code }: CommandOutput, done: Done): void {
  process.stderr.write(stderr);
  process.stdout.write(stdout);
  done(code);
}
