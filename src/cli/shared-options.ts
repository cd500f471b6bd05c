import { type Command, InvalidArgumentError, Option } from "commander";

/** For commands that are about the whole stack: they say so when -l is given. */
export const unlimited = (): Option => new Option("-l, --limit <pattern>").hideHelp();

const limited = (): Option =>
  new Option("-l, --limit <pattern>", "only these hosts: Ansible's patterns, as in 'web:!web3'");

/** Adds what every command has that reads an inventory; `limit`: where it takes another `-l`, or none. */
export function withInventory(command: Command, limit: Option = limited()): Command {
  return command
    .addOption(
      new Option("-i, --inventory <path>", "an inventory file or folder; may be given more than once")
        .argParser(collect)
        .default([], "none"),
    )
    .addOption(limit)
    .addOption(
      new Option("-e, --extra-vars <vars>", "variables that win over all others: key=value, JSON, or @file")
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
