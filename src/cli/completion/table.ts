import type { Argument, Command, Option } from "commander";

/** What may stand where a value is wanted: words that are known, or what the shell has to look for. */
export type Completed =
  | { readonly from: "choices"; readonly choices: readonly string[] }
  | { readonly from: "files" | "hosts" | "groups" | "names" | "lab" | "anything" };

/** One option of a command. */
export interface CompletedOption {
  /** `-o`, `--output`. */
  readonly flags: readonly string[];
  readonly summary: string;
  readonly repeated: boolean;
  /** What follows it; `undefined`: it is a switch. */
  readonly value: Completed | undefined;
}

/** A command as a shell has to know it. */
export interface CompletedCommand {
  /** `lab up`; empty for the program itself. */
  readonly path: string;
  readonly options: readonly CompletedOption[];
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  /** What its first argument may be. */
  readonly argument: Completed | undefined;
}

/** The command that is meant where none is named. */
export const byDefault = "apply";

/** Every command of the program, the program first. `roles`: those that `--roles` may name. */
export function completedCommands(program: Command, roles: readonly string[]): readonly CompletedCommand[] {
  const all = commandsBelow(program, "", roles);
  const plain = all.find(({ path }) => path === byDefault)?.options ?? [];
  return all.map((command) => {
    if (command.path !== "") return command;
    const known = new Set(command.options.flatMap(({ flags }) => flags));
    const more = plain.filter(({ flags }) => !flags.some((flag) => known.has(flag)));
    return { ...command, options: [...command.options, ...more] };
  });
}

function commandsBelow(
  command: Command,
  path: string,
  roles: readonly string[],
): readonly CompletedCommand[] {
  const help = command.createHelp();
  const below = help.visibleCommands(command);
  const [argument] = command.registeredArguments;
  const own: CompletedCommand = {
    path,
    options: help.visibleOptions(command).map((option) => completedOption(option, roles)),
    commands: below.map((one) => ({ name: one.name(), summary: one.description() })),
    argument: argument && completedArgument(argument),
  };
  return [
    own,
    ...below
      .filter((one) => one.name() !== "help")
      .flatMap((one) => commandsBelow(one, path === "" ? one.name() : `${path} ${one.name()}`, roles)),
  ];
}

function completedOption(option: Option, roles: readonly string[]): CompletedOption {
  const { short, long, description, argChoices, flags, variadic, defaultValue } = option;
  const wanted = /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1];
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    summary: description,
    // What it collects begins as an empty list, what it counts as 0.
    repeated: variadic || Array.isArray(defaultValue) || (wanted === undefined && defaultValue === 0),
    value: wanted === undefined ? undefined : completed(wanted, argChoices, roles),
  };
}

const completedArgument = (argument: Argument): Completed => {
  // A host that is named without an inventory is one of the lab.
  if (argument.name() === "host") return { from: "lab" };
  return completed(argument.name(), argument.argChoices, []);
};

/** The word in the place of a value says what it is: `<path>`, `<host>`. */
function completed(
  wanted: string,
  choices: readonly string[] | undefined,
  roles: readonly string[],
): Completed {
  if (choices !== undefined) return { from: "choices", choices };
  switch (wanted) {
    case "path":
    case "file":
    case "dir":
      return { from: "files" };
    case "pattern":
      return { from: "names" };
    case "host":
      return { from: "hosts" };
    case "what":
      return { from: "groups" };
    case "names":
      return { from: "choices", choices: roles };
    default:
      return { from: "anything" };
  }
}

const hosts = String.raw`-e 's/^[ |]*--\([^@].*\)$/\1/p'`;
const groups = String.raw`-e 's/^[ |]*\(--\)\{0,1\}@\(.*\):$/\2/p'`;

/** For `sed -n`: what finds names in what `provision inventory --graph` prints, and hosts in `provision lab status`. */
export const findNames = {
  hosts,
  groups,
  names: `${hosts} ${groups}`,
  lab: String.raw`-e 's/^\([^ ]*\)  *[0-9][0-9.]*  *[a-z].*$/\1/p'`,
};

/** A word in single quotes, as bash and zsh read it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
