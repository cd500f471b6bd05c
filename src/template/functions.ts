import {
  checked,
  describe,
  getStrict,
  plainObject,
  printable,
  type Site,
  TemplateFault,
  truth,
} from "./values.ts";

/** One function that templates may call: `{{join names ", "}}`, `{{#if (eq mode "tcp")}}`. */
export interface TemplateFunction {
  /** Number of arguments: the fewest, the most. */
  readonly arity: readonly [number, number];
  /** One line for the documentation. */
  readonly doc: string;
  call(site: Site, args: readonly unknown[]): unknown;
}

/** All functions of templates. There are no others, and a template cannot define one. */
export const functions: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  [
    "join",
    {
      arity: [2, 2],
      doc: "`join LIST TEXT`: the values of a list, with a text between each two",
      call: join,
    },
  ],
  [
    "quote",
    {
      arity: [1, 1],
      doc: '`quote TEXT`: in double quotes, with `\\` before `"` and `\\`; line ends are refused',
      call: quote,
    },
  ],
  ["json", { arity: [1, 1], doc: "`json VALUE`: as JSON, on one line", call: json }],
  [
    "eq",
    {
      arity: [2, 2],
      doc: "`eq A B`: the same; text against a number is an error",
      call: (site, [a, b]) => same(site, a, b),
    },
  ],
  ["ne", { arity: [2, 2], doc: "`ne A B`: not the same", call: (site, [a, b]) => !same(site, a, b) }],
  [
    "not",
    {
      arity: [1, 1],
      doc: "`not A`: true for false, null, empty text, an empty list",
      call: (site, [a]) => !truth(site, a),
    },
  ],
  [
    "and",
    {
      arity: [2, 9],
      doc: "`and A B…`: all hold",
      call: (site, args) => args.every((arg) => truth(site, arg)),
    },
  ],
  [
    "or",
    {
      arity: [2, 9],
      doc: "`or A B…`: one holds",
      call: (site, args) => args.some((arg) => truth(site, arg)),
    },
  ],
  [
    "lookup",
    { arity: [2, 2], doc: "`lookup OBJECT KEY`: the value under a key that is itself a value", call: lookup },
  ],
]);

function join(site: Site, [list, between]: readonly unknown[]): string {
  if (!Array.isArray(list))
    throw new TemplateFault(site, `"${site.text}": join wants a list, not ${describe(list)}`);
  return list.map((value: unknown) => printable(site, value)).join(printable(site, between));
}

function quote(site: Site, [value]: readonly unknown[]): string {
  const text = printable(site, value);
  if (/[\n\r\0]/.test(text))
    throw new TemplateFault(site, `"${site.text}": text with a line end cannot be quoted`);
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

function json(site: Site, [value]: readonly unknown[]): string {
  try {
    const text = JSON.stringify(value, (_key, inner: unknown) => {
      if (typeof inner === "number" && !Number.isFinite(inner)) throw new TypeError(`it holds ${inner}`);
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

function same(site: Site, a: unknown, b: unknown): boolean {
  const [left, right] = [describe(checked(site, a)), describe(checked(site, b))];
  if (left !== right && a !== null && b !== null) {
    throw new TemplateFault(site, `"${site.text}" compares ${left} with ${right}, which are never the same`);
  }
  if (typeof a === "object" && a !== null && b !== null) {
    throw new TemplateFault(
      site,
      `"${site.text}" compares ${left} with ${right}: only single values can be compared`,
    );
  }
  return a === b;
}

function lookup(site: Site, [from, key]: readonly unknown[]): unknown {
  return getStrict(site, plainObject(site, from, "lookup"), [printable(site, key)]);
}
