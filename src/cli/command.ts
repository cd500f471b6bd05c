import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandOutput } from "./command-output.ts";
import { RunOption } from "./run/continuing.ts";

/** Is told the exit code of a command, once it is known. */
export type Done = (code: number) => void;

/** Options of every command that reads an inventory. */
export interface InventoryOptions {
  readonly inventory: readonly string[];
  readonly limit?: string;
  readonly extraVars: readonly string[];
}

/** How hosts are reached. */
export interface ReachOptions {
  /** How many at the same time. */
  readonly forks: number;
  readonly askBecomePass?: boolean;
  readonly acceptNewHostKeys?: boolean;
  readonly transport: "auto" | "ssh" | "openssh";
  /** How long a login may take, in seconds. */
  readonly timeout: number;
}

/** For commands that are about the whole stack: they say so when -l is given. */
export const unlimited = (): Option => new Option("-l, --limit <pattern>").hideHelp();

const limited = (): Option =>
  // The hosts that are left take its place.
  new RunOption("-l, --limit <pattern>", "only these hosts: Ansible's patterns, as in 'web:!web3'", {
    continues: "never",
    saved: "always",
  });

/** Variables may be secret, and the command ends up in logs: `-e ...` stands for them. */
const repeatedVars = (value: unknown): readonly string[] =>
  listIn(value).flatMap((vars) => ["-e", vars.startsWith("@") ? vars : "..."]);

const listIn = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

/** Adds what every command has that reads an inventory; `limit`: where it takes another `-l`, or none. */
export function withInventory(command: Command, limit: Option = limited()): Command {
  return command
    .addOption(
      new RunOption("-i, --inventory <path>", "an inventory file or folder; may be given more than once", {
        continues: (value) => listIn(value).flatMap((path) => ["-i", path]),
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
          continues: repeatedVars,
          saved: "always",
        },
      )
        .argParser(collect)
        .default([], "none"),
    )
    .exitOverride();
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** Names, separated by commas. */
export function list(value: string): readonly string[] {
  const names = value.split(",").map((word) => word.trim());
  if (names.every((name) => name !== "")) return names;
  throw new InvalidArgumentError("names are wanted, separated by commas");
}

/** A number of things: at least one. */
export function count(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("a whole number above 0 is wanted");
}

/** Writes what a command has to say, and tells its code. */
export function show({ stdout, stderr, code }: CommandOutput, done: Done): void {
  process.stderr.write(stderr);
  process.stdout.write(stdout);
  done(code);
}
