import { nearest } from "../base/nearest.ts";

/** The place of an expression in a template. Lines and columns count from 1. */
export interface Site {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  readonly endCol?: number;
  /** The expression as written: `servers.0.port`, `(join names ",")`. */
  readonly text: string;
  /** The whole template line. */
  readonly excerpt: string;
  /** The block parameters that are visible here. */
  readonly scope: readonly string[];
}

/** Thrown by a check while a template renders. `render` catches it and returns a failure. */
export class TemplateFault extends Error {
  readonly site: Site;
  readonly hint: string | undefined;
  constructor(site: Site, message: string, hint?: string) {
    super(message);
    this.site = site;
    this.hint = hint;
  }
}

/** Follows a path from a value. Each part must be an own property, and not a getter. */
export function getStrict(site: Site, root: unknown, parts: readonly string[]): unknown {
  let value = root;
  parts.forEach((part, index) => {
    const missing = missingPath(site, parts, index);
    if (typeof value !== "object" || value === null) {
      throw new TemplateFault(site, `${missing} is missing: its parent is ${describe(value)}`);
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

/** The path as written, up to the part that is missing. */
function missingPath(site: Site, parts: readonly string[], index: number): string {
  const left = parts.length - 1 - index;
  if (left === 0) return `"${site.text}"`;
  let cut = site.text;
  for (let n = 0; n < left; n += 1) cut = cut.slice(0, Math.max(cut.lastIndexOf("."), cut.lastIndexOf("/")));
  return `"${cut}" (in "${site.text}")`;
}

function suggest(wrong: string, from: object, others: readonly string[]): string {
  const names = Array.isArray(from) ? [] : [...Object.keys(from), ...others];
  const near = nearest(wrong, names);
  if (near !== undefined) return `did you mean "${near}"?`;
  if (Array.isArray(from)) return `the list has ${from.length} values`;
  return names.length === 0 ? "the object is empty" : `available: ${names.join(", ")}`;
}

/** Refuses undefined, functions and symbols. */
export function checked(site: Site, value: unknown): unknown {
  if (value === undefined) throw new TemplateFault(site, `"${site.text}" is missing`);
  if (typeof value === "function" || typeof value === "symbol") {
    throw new TemplateFault(site, `"${site.text}" is ${describe(value)}: templates take plain data only`);
  }
  return value;
}

/** The text of a text, a number or a boolean. Refuses other values. */
export function printable(site: Site, value: unknown): string {
  switch (typeof value) {
    case "string":
      if (/\p{Surrogate}/u.test(value)) {
        throw new TemplateFault(site, `"${site.text}" contains half a character (a lone surrogate)`);
      }
      return value;
    case "number":
      if (!Number.isFinite(value))
        throw new TemplateFault(site, `"${site.text}" is ${value}, which cannot be printed`);
      return String(value);
    case "boolean":
    case "bigint":
      return String(value);
    default:
      throw new TemplateFault(
        site,
        `"${site.text}" is ${describe(value)}, which cannot be printed`,
        "print one of its parts, or use join or json",
      );
  }
}

/** How `if`, `not`, `and` and `or` read a value. Refuses a number, because 0 may be a valid value. */
export function isTrue(site: Site, value: unknown): boolean {
  if (typeof value === "number" || typeof value === "bigint") {
    throw new TemplateFault(
      site,
      `"${site.text}" is a number: a condition needs true, false, null, text or a list`,
      "compare it: (eq x 0)",
    );
  }
  if (Array.isArray(value)) return value.length > 0;
  return Boolean(checked(site, value));
}

/** What `each` accepts: a list without holes, or a plain object. */
export function iterable(site: Site, value: unknown): object {
  const object = plainObject(site, value, "each");
  if (Array.isArray(object) && object.includes(undefined)) {
    throw new TemplateFault(
      site,
      `"${site.text}" is a list with a hole at index ${object.indexOf(undefined)}`,
    );
  }
  return object;
}

/** Accepts a list or a plain object. */
export function plainObject(site: Site, value: unknown, neededBy: string): object {
  if (typeof value !== "object" || value === null || !isPlain(value)) {
    throw new TemplateFault(
      site,
      `"${site.text}" is ${describe(value)}: ${neededBy} needs a list or an object`,
    );
  }
  return value;
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === null || proto === Object.prototype;
}

/** The type of a value, for a message. Never its content, which may be secret. */
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
