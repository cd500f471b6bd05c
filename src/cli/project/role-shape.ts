import { didYouMean } from "../../base/diagnostic.ts";
import { nearest } from "../../base/nearest.ts";
import { MAGIC_NAMES } from "../../inventory/resolve/groups.ts";
import type { AnyRole } from "../../model/role.ts";

/** One thing that is wrong with a role, and what to do about it. */
export interface ShapeProblem {
  /** The field that is wrong, where there is one. */
  readonly field?: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What a field must be: the test, and the words for it. */
interface Field {
  readonly required?: true;
  readonly fits: (value: unknown) => boolean;
  readonly is: string;
}

const text: Field = { fits: (value) => typeof value === "string" && value.trim() !== "", is: "text" };
const callable: Field = { fits: (value) => typeof value === "function", is: "a function" };
const texts: Field = {
  fits: (value) => isMapping(value) && Object.values(value).every((one) => typeof one === "string"),
  is: "a mapping from names to text",
};

/** The fields of a role, as `Role` in src/model/role.ts has them. */
const fields: Readonly<Record<keyof AnyRole, Field>> = {
  name: { ...text, required: true },
  tier: { ...text, required: true },
  summary: { ...text, required: true },
  vars: {
    required: true,
    fits: (value) => isMapping(value) && typeof Reflect.get(value, "safeParse") === "function",
    is: "a schema, such as `z.strictObject({})`",
  },
  needs: {
    fits: (value) => callable.fits(value) || texts.fits(value),
    is: "a mapping from names to services, or a function that gives one",
  },
  wants: { ...texts, is: "a mapping from names to services" },
  provides: callable,
  objections: callable,
  checks: callable,
  assets: callable,
  secrets: callable,
  facts: texts,
  peerFacts: texts,
  rank: callable,
  draining: {
    fits: (value) => everyIn(value, (how) => hasFunctions(how, ["drain", "restore"])),
    is: "a mapping from needs to `{ drain, restore }`, two functions",
  },
  endSessions: {
    fits: (value) => everyIn(value, (one) => typeof one === "function"),
    is: "a mapping from services to functions",
  },
  primary: {
    fits: (value) =>
      hasFunctions(value, ["parse", "compare", "close", "catchUp", "follow"]) &&
      hasMappings(value, ["state", "reopen", "fence", "unfence", "retire", "promote"]),
    is: "a mapping with every field of `PrimaryMoves`",
  },
  live: { fits: (value) => hasFunctions(value, ["notes"]), is: "`{ script, notes }`, text and a function" },
  resources: { ...callable, required: true },
};

/** Names of variables that mean something else on a host. */
const taken: ReadonlySet<string> = new Set(["roles", "address", "lab", "all", "ungrouped", ...MAGIC_NAMES]);

/** True for what was meant to be a role: it has two of the fields that every role has. */
export function meansToBeRole(value: unknown): value is object {
  if (!isMapping(value)) return false;
  const required = Object.entries(fields).filter(([, field]) => field.required === true);
  return required.filter(([name]) => name in value).length >= 2;
}

/** True for a role. What is wrong with one that is none tells `shapeProblems`. */
export function isRole(value: object): value is AnyRole {
  return shapeProblems(value).length === 0;
}

/** Everything that is wrong with the shape of a role, each with its field. */
export function shapeProblems(role: object): readonly ShapeProblem[] {
  const known: ReadonlyMap<string, Field> = new Map(Object.entries(fields));
  const unknown = Object.keys(role).filter((name) => !known.has(name));
  // One that is only misspelt is told once.
  const meant = new Set(unknown.map((name) => nearest(name, known.keys())));
  const wrong = [...known].flatMap(([name, { fits, is, required }]): readonly ShapeProblem[] => {
    const value: unknown = Reflect.get(role, name);
    if (value === undefined)
      return required && !meant.has(name) ? [{ message: `\`${name}\` is missing`, hint: `it is ${is}` }] : [];
    return fits(value) ? [] : [{ field: name, message: `\`${name}\` is no good`, hint: `it must be ${is}` }];
  });
  return [...unknown.map((name) => unknownField(name, [...known.keys()])), ...wrong, ...nameProblems(role)];
}

function unknownField(field: string, known: readonly string[]): ShapeProblem {
  const hint = didYouMean(nearest(field, known)) ?? `a role has ${known.join(", ")}`;
  return { field, message: `a role has no field \`${field}\``, hint };
}

/** The name is that of a variable in inventories. */
function nameProblems(role: object): readonly ShapeProblem[] {
  const name: unknown = Reflect.get(role, "name");
  if (typeof name !== "string" || name.trim() === "") return [];
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(name)) {
    const hint = "a small letter, then small letters, digits and _ only: its variables stand under this name";
    return [
      { field: "name", message: `\`name\`: ${JSON.stringify(name)} cannot be the name of a role`, hint },
    ];
  }
  if (!taken.has(name) && !name.startsWith("ansible_")) return [];
  const hint = "it means something else in inventories; choose another";
  return [{ field: "name", message: `\`name\`: no role can be called \`${name}\``, hint }];
}

const everyIn = (value: unknown, fits: (one: unknown) => boolean): boolean =>
  isMapping(value) && Object.values(value).every(fits);

const hasFunctions = (value: unknown, names: readonly string[]): boolean =>
  isMapping(value) && names.every((name) => typeof Reflect.get(value, name) === "function");

const hasMappings = (value: unknown, names: readonly string[]): boolean =>
  isMapping(value) && names.every((name) => isMapping(Reflect.get(value, name)));

function isMapping(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
