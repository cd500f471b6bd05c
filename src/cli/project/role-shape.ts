import { didYouMean } from "../../base/diagnostic.ts";
import { nearest } from "../../base/nearest.ts";
import { MAGIC_NAMES } from "../../inventory/resolve/groups.ts";
import type { AnyRole } from "../../model/role.ts";

/** An error in the definition of a role. */
export interface ShapeProblem {
  /** The field with the error, if there is one. */
  readonly field?: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** The required type of a field: the test, and its description. */
interface Field {
  readonly required?: true;
  readonly isValid: (value: unknown) => boolean;
  readonly is: string;
}

const text: Field = { isValid: (value) => typeof value === "string" && value.trim() !== "", is: "text" };
const callable: Field = { isValid: (value) => typeof value === "function", is: "a function" };
const textMap: Field = {
  isValid: (value) => isMapping(value) && Object.values(value).every((one) => typeof one === "string"),
  is: "a mapping from names to text",
};

/** The fields of `Role` in src/model/role.ts. */
const fields: Readonly<Record<keyof AnyRole, Field>> = {
  name: { ...text, required: true },
  tier: { ...text, required: true },
  summary: { ...text, required: true },
  vars: {
    required: true,
    isValid: (value) => isMapping(value) && typeof Reflect.get(value, "safeParse") === "function",
    is: "a schema, such as `z.strictObject({})`",
  },
  needs: {
    isValid: (value) => callable.isValid(value) || textMap.isValid(value),
    is: "a mapping from names to services, or a function that gives one",
  },
  wants: { ...textMap, is: "a mapping from names to services" },
  provides: callable,
  objections: callable,
  checks: callable,
  assets: callable,
  secrets: callable,
  facts: textMap,
  peerFacts: textMap,
  rank: callable,
  carries: {
    isValid: (value) =>
      hasFunctions(value, ["target", "provides"]) &&
      hasFunctions(Reflect.get(Object(value), "draining"), ["drain", "restore"]),
    is: "`{ target, provides, draining }`, two functions and `{ drain, restore }`",
  },
  draining: {
    isValid: (value) => everyIn(value, (how) => hasFunctions(how, ["drain", "restore"])),
    is: "a mapping from needs to `{ drain, restore }`, two functions",
  },
  endSessions: {
    isValid: (value) => everyIn(value, (one) => typeof one === "function"),
    is: "a mapping from services to functions",
  },
  live: {
    isValid: (value) => hasFunctions(value, ["notes"]),
    is: "`{ script, notes }`, text and a function",
  },
  drilling: {
    isValid: (value) =>
      isMapping(value) && Object.values(value).every((one) => text.isValid(one) || callable.isValid(one)),
    is: "`{ workload, rows, leads, alerts }`, functions and texts",
  },
  resources: { ...callable, required: true },
};

/** Variable names with another meaning on a host. */
const reservedNames: ReadonlySet<string> = new Set([
  "roles",
  "address",
  "lab",
  "drill",
  "all",
  "ungrouped",
  ...MAGIC_NAMES,
]);

/** Whether a value is probably a role: it has two of the required fields. */
export function looksLikeRole(value: unknown): value is object {
  if (!isMapping(value)) return false;
  const required = Object.entries(fields).filter(([, field]) => field.required === true);
  return required.filter(([name]) => name in value).length >= 2;
}

/** Whether a value is a valid role; `shapeProblems` has the errors. */
export function isRole(value: object): value is AnyRole {
  return shapeProblems(value).length === 0;
}

/** All errors in the definition of a role. */
export function shapeProblems(role: object): readonly ShapeProblem[] {
  const known: ReadonlyMap<string, Field> = new Map(Object.entries(fields));
  const unknown = Object.keys(role).filter((name) => !known.has(name));
  // Report a misspelt field once.
  const suggested = new Set(unknown.map((name) => nearest(name, known.keys())));
  const wrong = [...known].flatMap(([name, { isValid, is, required }]): readonly ShapeProblem[] => {
    const value: unknown = Reflect.get(role, name);
    if (value === undefined)
      return required && !suggested.has(name)
        ? [{ message: `\`${name}\` is missing`, hint: `it is ${is}` }]
        : [];
    return isValid(value)
      ? []
      : [{ field: name, message: `\`${name}\` is not valid`, hint: `it must be ${is}` }];
  });
  return [...unknown.map((name) => unknownField(name, [...known.keys()])), ...wrong, ...nameProblems(role)];
}

function unknownField(field: string, known: readonly string[]): ShapeProblem {
  const hint = didYouMean(nearest(field, known)) ?? `the fields are ${known.join(", ")}`;
  return { field, message: `a role has no field \`${field}\``, hint };
}

/** A role's name is also the name of a variable in inventories. */
function nameProblems(role: object): readonly ShapeProblem[] {
  const name: unknown = Reflect.get(role, "name");
  if (typeof name !== "string" || name.trim() === "") return [];
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(name)) {
    const hint = "a small letter, then small letters, digits and _ only: it is also the name of a variable";
    return [
      { field: "name", message: `\`name\`: ${JSON.stringify(name)} cannot be the name of a role`, hint },
    ];
  }
  if (!reservedNames.has(name) && !name.startsWith("ansible_")) return [];
  const hint = "it has another meaning in inventories; choose another name";
  return [{ field: "name", message: `\`name\`: \`${name}\` cannot be the name of a role`, hint }];
}

const everyIn = (value: unknown, isValid: (one: unknown) => boolean): boolean =>
  isMapping(value) && Object.values(value).every(isValid);

const hasFunctions = (value: unknown, names: readonly string[]): boolean =>
  isMapping(value) && names.every((name) => typeof Reflect.get(value, name) === "function");

function isMapping(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
