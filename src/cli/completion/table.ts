import type { Argument, Command, Option } from "commander";

/** The candidates for a value: known words, or names that the shell looks up. */
export type Completed =
  | { readonly from: "choices"; readonly choices: readonly string[] }
  | { readonly from: "files" | "hosts" | "groups" | "names" | "lab" | "anything" };

/** One option of a command. */
export interface CompletedOption {
  /** `-o`, `--output`. */
  readonly flags: readonly string[];
  readonly summary: string;
  readonly repeated: boolean;
  /** Its value; `undefined`: a switch. */
  readonly value: Completed | undefined;
}

/** A command, for the completion of a shell. */
export interface CompletedCommand {
  /** `lab up`; empty for the program itself. */
  readonly path: string;
  readonly options: readonly CompletedOption[];
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  /** Candidates for its first argument. */
  readonly argument: Completed | undefined;
}

/** The default command. */
export const byDefault = "apply";

/** Every command of the program, the program first. `roles`: candidates for `--roles`. */
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
  const placeholder = /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1];
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    summary: description,
    // An option that collects values has an empty list as its default, one that counts has 0.
    repeated: variadic || Array.isArray(defaultValue) || (placeholder === undefined && defaultValue === 0),
    value: placeholder === undefined ? undefined : completed(placeholder, argChoices, roles),
  };
}

const completedArgument = (argument: Argument): Completed => {
  // A command with a host argument and no inventory works on the lab.
  if (argument.name() === "host") return { from: "lab" };
  return completed(argument.name(), argument.argChoices, []);
};

/** The placeholder of a value names its type: `<path>`, `<host>`. */
function completed(
  placeholder: string,
  choices: readonly string[] | undefined,
  roles: readonly string[],
): Completed {
  if (choices !== undefined) return { from: "choices", choices };
  switch (placeholder) {
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

/** For `sed -n`: names in the output of `provision inventory --graph`, and hosts in that of `provision lab status`. */
export const findNames = {
  hosts,
  groups,
  names: `${hosts} ${groups}`,
  lab: String.raw`-e 's/^\([^ ]*\)  *[0-9][0-9.]*  *[a-z].*$/\1/p'`,
};

/** A word in single quotes, for bash and zsh. */
export const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
