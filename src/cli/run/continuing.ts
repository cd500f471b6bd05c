import { isDeepStrictEqual } from "node:util";
import { type Command, Option } from "commander";

/**
 * Whether an option stands in the command that continues a run: `same` as it was given, `never`, or as the words that a
 * function makes of its value.
 */
type Continues = "same" | "never" | ((value: unknown) => readonly string[]);

/** What an option means beyond the run it was given to. Each option of a run declares it where it stands. */
export interface Lasting {
  readonly continues: Continues;
  /**
   * A saved plan keeps it. `always`: the plan is made of it, and nothing else can be said with `apply --plan`; `by default`: it
   * holds there where nothing else is said.
   */
  readonly saved?: "always" | "by default";
}

/** An option of apply, plan or check. */
export class RunOption extends Option {
  readonly lasting: Lasting;
  constructor(flags: string, description: string, lasting: Lasting) {
    super(flags, description);
    this.lasting = lasting;
  }
}

/** The options of a run that were given, or have another value than they have by default. */
function givenOf(
  command: Command,
  values: Readonly<Record<string, unknown>>,
): readonly { readonly option: RunOption; readonly name: string; readonly value: unknown }[] {
  return command.options.flatMap((option) => {
    if (!(option instanceof RunOption)) throw new Error(`${option.flags} does not declare what lasts of it`);
    const name = option.attributeName();
    const value = values[name];
    const isDefault = value === option.defaultValue || (option.negate ? value === true : value === undefined);
    return isDefault ? [] : [{ option, name, value }];
  });
}

/** What lasts of the options of a command. */
export interface LastingOptions {
  /** Those of the command that continues a run, as words. */
  words(values: Readonly<Record<string, unknown>>): readonly string[];
  /** Those that a saved plan keeps, by the names that commands know them by. Defaults are left out. */
  saved(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** The flags of those that say something else than the saved plan is made of. */
  against(
    saved: Readonly<Record<string, unknown>>,
    values: Readonly<Record<string, unknown>>,
  ): readonly string[];
  /** The values, with what a saved plan has kept. */
  withSaved<T extends object>(saved: Readonly<Partial<T>>, values: T): T;
}

/** Asked of the command's own list of options: one that does not declare what lasts of it is a bug. */
export function lastingOf(command: Command): LastingOptions {
  return {
    words: (values) => continuingWords(command, values),
    saved: (values) => Object.fromEntries(kept(command, values).map(({ name, value }) => [name, value])),
    against: (saved, values) =>
      kept(command, values).flatMap(({ option, name, value }) =>
        option.lasting.saved === "always" && !isDeepStrictEqual(value, saved[name]) ? [flagOf(option)] : [],
      ),
    withSaved: (saved, values) => ({ ...values, ...saved, ...ownOf(command, values) }),
  };
}

const kept = (command: Command, values: Readonly<Record<string, unknown>>) =>
  givenOf(command, values).filter(({ option }) => option.lasting.saved !== undefined);

/** What was given, and may differ from what was saved. */
const ownOf = (command: Command, values: object): object =>
  Object.fromEntries(
    givenOf(command, { ...values })
      .filter(({ option }) => option.lasting.saved !== "always")
      .map(({ name, value }) => [name, value]),
  );

const flagOf = (option: Option): string => option.short ?? option.long ?? option.flags;

function continuingWords(command: Command, values: Readonly<Record<string, unknown>>): readonly string[] {
  return givenOf(command, values).flatMap(({ option, value }) => {
    const { continues } = option.lasting;
    if (continues === "never") return [];
    return continues === "same" ? wordsOf(option, value) : continues(value);
  });
}

/** A list is given as the option takes it: one value after another, or as one word. */
function wordsOf(option: Option, value: unknown): readonly string[] {
  if (option.isBoolean() || option.negate) return [flagOf(option)];
  return [flagOf(option), Array.isArray(value) ? value.join(",") : String(value)];
}
