import {
  checked,
  describe,
  getStrict,
  isTrue,
  plainObject,
  printable,
  type Site,
  TemplateFault,
} from "./values.ts";

/** One function that templates may call: `{{join names ", "}}`, `{{#if (eq mode "tcp")}}`. */
export interface TemplateFunction {
  /** The minimum and maximum number of arguments. */
  readonly arity: readonly [number, number];
  /** One line for the documentation. */
  readonly doc: string;
  call(site: Site, args: readonly unknown[]): unknown;
}

/** All functions of templates. A template cannot define a function. */
export const functions: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  [
    "join",
    {
      arity: [2, 2],
      doc: "`join LIST TEXT`: the values of a list, with the text between them",
      call: join,
    },
  ],
  [
    "quote",
    {
      arity: [1, 1],
      doc: '`quote TEXT`: in double quotes, with `\\` before `"` and `\\`; a line end is an error',
      call: quote,
    },
  ],
  ["json", { arity: [1, 1], doc: "`json VALUE`: as JSON, on one line", call: json }],
  [
    "eq",
    {
      arity: [2, 2],
      doc: "`eq A B`: true if A and B are equal; it is an error to compare text with a number",
      call: (site, [a, b]) => equal(site, a, b),
    },
  ],
  [
    "ne",
    {
      arity: [2, 2],
      doc: "`ne A B`: true if A and B are not equal",
      call: (site, [a, b]) => !equal(site, a, b),
    },
  ],
  [
    "not",
    {
      arity: [1, 1],
      doc: "`not A`: true for false, null, empty text, an empty list",
      call: (site, [a]) => !isTrue(site, a),
    },
  ],
  [
    "and",
    {
      arity: [2, 9],
      doc: "`and A B…`: true if all are true",
      call: (site, args) => args.every((arg) => isTrue(site, arg)),
    },
  ],
  [
    "or",
    {
      arity: [2, 9],
      doc: "`or A B…`: true if at least one is true",
      call: (site, args) => args.some((arg) => isTrue(site, arg)),
    },
  ],
  [
    "lookup",
    {
      arity: [2, 2],
      doc: "`lookup OBJECT KEY`: the value of an object under a key that is a variable",
      call: lookup,
    },
  ],
]);

function join(site: Site, [list, between]: readonly unknown[]): string {
  if (!Array.isArray(list))
    throw new TemplateFault(site, `"${site.text}": join needs a list, not ${describe(list)}`);
  return list.map((value: unknown) => printable(site, value)).join(printable(site, between));
}

function quote(site: Site, [value]: readonly unknown[]): string {
  const text = printable(site, value);
  if (/[\n\r\0]/.test(text)) throw new TemplateFault(site, `"${site.text}": quote cannot quote a line end`);
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

function json(site: Site, [value]: readonly unknown[]): string {
  try {
    const text = JSON.stringify(value, (_key, inner: unknown) => {
      if (typeof inner === "number" && !Number.isFinite(inner)) throw new TypeError(`it contains ${inner}`);
      return checked(site, inner);
    });
    return printable(site, text);
  } catch (error) {
    if (error instanceof TemplateFault) throw error;
    throw new TemplateFault(
      site,
      `"${site.text}" cannot be written as JSON: ${error instanceof Error ? error.message : ""}`,
    );
  }
}

function equal(site: Site, a: unknown, b: unknown): boolean {
  const [left, right] = [describe(checked(site, a)), describe(checked(site, b))];
  if (left !== right && a !== null && b !== null) {
    throw new TemplateFault(site, `"${site.text}" compares ${left} with ${right}, which are never equal`);
  }
  if (typeof a === "object" && a !== null && b !== null) {
    throw new TemplateFault(
      site,
      `"${site.text}" compares ${left} with ${right}: only text, numbers, true and false can be compared`,
    );
  }
  return a === b;
}

function lookup(site: Site, [from, key]: readonly unknown[]): unknown {
  return getStrict(site, plainObject(site, from, "lookup"), [printable(site, key)]);
}
