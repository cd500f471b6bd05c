import { nearest } from "../base/nearest.ts";

/** Where in which template something is wanted: the start of an expression, from 1, and its text. */
export interface Site {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  readonly endCol?: number;
  /** The expression as written: `servers.0.port`, `(join names ",")`. */
  readonly text: string;
  /** The whole template line. */
  readonly excerpt: string;
  /** The block parameters that may be named here. */
  readonly scope: readonly string[];
}

/** Thrown inside a running template, caught where it was started, never seen outside this folder. */
export class TemplateFault extends Error {
  readonly site: Site;
  readonly hint: string | undefined;
  constructor(site: Site, message: string, hint?: string) {
    super(message);
    this.site = site;
    this.hint = hint;
  }
}

/** Follows names from a value; each must be there, as a plain own property. */
export function getStrict(site: Site, root: unknown, parts: readonly string[]): unknown {
  let value = root;
  parts.forEach((part, index) => {
    const missing = missingPath(site, parts, index);
    if (typeof value !== "object" || value === null) {
      throw new TemplateFault(site, `${missing} is missing: what it should be in is ${describe(value)}`);
    }
    const property = Object.getOwnPropertyDescriptor(value, part);
    if (property === undefined || (property.value === undefined && property.get === undefined)) {
      throw new TemplateFault(
        site,
        `${missing} is missing`,
        suggest(part, value, index === 0 ? site.scope : []),
      );
    }
    if (property.get !== undefined) {
      throw new TemplateFault(site, `${missing} is computed by a getter: templates take plain data only`);
    }
    value = property.value;
  });
  return checked(site, value);
}

/** The path as written, cut behind the part that is not there. */
function missingPath(site: Site, parts: readonly string[], index: number): string {
  const left = parts.length - 1 - index;
  if (left === 0) return `"${site.text}"`;
  let cut = site.text;
  for (let n = 0; n < left; n += 1) cut = cut.slice(0, Math.max(cut.lastIndexOf("."), cut.lastIndexOf("/")));
  return `"${cut}" (wanted by "${site.text}")`;
}

function suggest(wrong: string, from: object, others: readonly string[]): string {
  const names = Array.isArray(from) ? [] : [...Object.keys(from), ...others];
  const near = nearest(wrong, names);
  if (near !== undefined) return `did you mean "${near}"?`;
  if (Array.isArray(from)) return `it is a list of ${from.length}`;
  return names.length === 0 ? "nothing is there" : `there is: ${names.join(", ")}`;
}

/** Refuses what no template can use: undefined and functions. */
export function checked(site: Site, value: unknown): unknown {
  if (value === undefined) throw new TemplateFault(site, `"${site.text}" is missing`);
  if (typeof value === "function" || typeof value === "symbol") {
    throw new TemplateFault(site, `"${site.text}" is ${describe(value)}: templates take plain data only`);
  }
  return value;
}

/** The text of a value that has one: text, a number, true or false. */
export function printable(site: Site, value: unknown): string {
  switch (typeof value) {
    case "string":
      if (/\p{Surrogate}/u.test(value)) {
        throw new TemplateFault(site, `"${site.text}" holds half a character (a lone surrogate)`);
      }
      return value;
    case "number":
      if (!Number.isFinite(value))
        throw new TemplateFault(site, `"${site.text}" is ${value}, which is no number to print`);
      return String(value);
    case "boolean":
    case "bigint":
      return String(value);
    default:
      throw new TemplateFault(
        site,
        `"${site.text}" is ${describe(value)}, which has no text`,
        "print one of its parts, or use join or json",
      );
  }
}

/** What `if`, `not`, `and` and `or` take for true. A number is refused: 0 is a value, not an absence. */
export function truth(site: Site, value: unknown): boolean {
  if (typeof value === "number" || typeof value === "bigint") {
    throw new TemplateFault(
      site,
      `"${site.text}" is a number: a condition wants true, false, null, text or a list`,
      "compare it: (eq x 0)",
    );
  }
  if (Array.isArray(value)) return value.length > 0;
  return Boolean(checked(site, value));
}

/** What `each` can walk: a list, or a plain object by its keys. */
export function walkable(site: Site, value: unknown): object {
  const found = plainObject(site, value, "each");
  if (Array.isArray(found) && found.includes(undefined)) {
    throw new TemplateFault(
      site,
      `"${site.text}" is a list with a hole at index ${found.indexOf(undefined)}`,
    );
  }
  return found;
}

/** A list or an object of plain data. */
export function plainObject(site: Site, value: unknown, wantedBy: string): object {
  if (typeof value !== "object" || value === null || !isPlain(value)) {
    throw new TemplateFault(
      site,
      `"${site.text}" is ${describe(value)}: ${wantedBy} wants a list or an object`,
    );
  }
  return value;
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === null || proto === Object.prototype;
}

/** A value in a few words, for a message. Never its content, which may be secret. */
export function describe(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "string":
      return "text";
    case "object":
      return isPlain(value) ? "an object" : `an object of class ${value.constructor.name}`;
    case "function":
      return "a function";
    default:
      return `a ${typeof value}`;
  }
}
