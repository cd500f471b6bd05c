import { isDeepStrictEqual } from "node:util";
import { type Command, Option } from "commander";

/**
 * The option in the command that resumes a run: with the `same` value, `never`, or as the words that a function makes of
 * its value.
 */
type Resume = "same" | "never" | ((value: unknown) => readonly string[]);

/** How a resumed run and a saved plan use an option. Every option of a run declares it. */
export interface Persistence {
  readonly resume: Resume;
  /**
   * Whether a saved plan contains it. `always`: `apply --plan` accepts no other value. `by default`: `apply --plan` may
   * override it.
   */
  readonly saved?: "always" | "by default";
}

/** An option of apply, plan or check. */
export class RunOption extends Option {
  readonly persistence: Persistence;
  constructor(flags: string, description: string, persistence: Persistence) {
    super(flags, description);
    this.persistence = persistence;
  }
}

/** The options with another value than their default. */
function givenOf(
  command: Command,
  values: Readonly<Record<string, unknown>>,
): readonly { readonly option: RunOption; readonly name: string; readonly value: unknown }[] {
  return command.options.flatMap((option) => {
    if (!(option instanceof RunOption)) throw new Error(`${option.flags} is not a RunOption`);
    const name = option.attributeName();
    const value = values[name];
    const isDefault = value === option.defaultValue || (option.negate ? value === true : value === undefined);
    return isDefault ? [] : [{ option, name, value }];
  });
}

/** The options of a command for resumed runs and saved plans. */
export interface PersistentOptions {
  /** The words of the options in the command that resumes a run. */
  words(values: Readonly<Record<string, unknown>>): readonly string[];
  /** The options of a saved plan by name, without defaults. */
  saved(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** The flags of options that contradict the saved plan. */
  conflicts(
    saved: Readonly<Record<string, unknown>>,
    values: Readonly<Record<string, unknown>>,
  ): readonly string[];
  /** The values, completed with those of a saved plan. */
  withSaved<T extends object>(saved: Readonly<Partial<T>>, values: T): T;
}

/** Works on the command's own options; an option that is not a `RunOption` is a bug. */
export function persistentOptions(command: Command): PersistentOptions {
  return {
    words: (values) => resumeWords(command, values),
    saved: (values) =>
      Object.fromEntries(savedOptions(command, values).map(({ name, value }) => [name, value])),
    conflicts: (saved, values) =>
      savedOptions(command, values).flatMap(({ option, name, value }) =>
        option.persistence.saved === "always" && !isDeepStrictEqual(value, saved[name])
          ? [flagOf(option)]
          : [],
      ),
    withSaved: (saved, values) => ({ ...values, ...saved, ...overridesOf(command, values) }),
  };
}

const savedOptions = (command: Command, values: Readonly<Record<string, unknown>>) =>
  givenOf(command, values).filter(({ option }) => option.persistence.saved !== undefined);

/** The given options that may override those of a saved plan. */
const overridesOf = (command: Command, values: object): object =>
  Object.fromEntries(
    givenOf(command, { ...values })
      .filter(({ option }) => option.persistence.saved !== "always")
      .map(({ name, value }) => [name, value]),
  );

const flagOf = (option: Option): string => option.short ?? option.long ?? option.flags;

function resumeWords(command: Command, values: Readonly<Record<string, unknown>>): readonly string[] {
  return givenOf(command, values).flatMap(({ option, value }) => {
    const { resume } = option.persistence;
    if (resume === "never") return [];
    return resume === "same" ? wordsOf(option, value) : resume(value);
  });
}

/** An option as words of a command line; a list is one word with commas. */
function wordsOf(option: Option, value: unknown): readonly string[] {
  if (option.isBoolean() || option.negate) return [flagOf(option)];
  return [flagOf(option), Array.isArray(value) ? value.join(",") : String(value)];
}
