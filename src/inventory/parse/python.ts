import type { Source } from "../../model/source.ts";
import { type Key, list, mapping, type Node, plainScalar, scalar } from "./node.ts";
import { float, integer } from "./scalar.ts";

/** Thrown for text that is not a Python literal: it stays text. Never leaves this file. */
class NotLiteral extends Error {}
const NUMBER =
  /(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:(?:[0-9](?:_?[0-9])*)?\.[0-9](?:_?[0-9])*|[0-9](?:_?[0-9])*\.?)(?:[eE][-+]?[0-9](?:_?[0-9])*)?([jJ]?))(?![\w.])/y;
const STRING = /([rRuUbBfF]{0,2})("""|'''|"|')/y;
const SPACE = /(?:[ \t\f]|\\\n)*(?:#.*$)?/y;
const WORD = /(?:True|False|None)(?!\w)/y;
/** Thrown for nesting that is too deep for Python. Never leaves this file. */
class TooDeep extends Error {}
/** Literals of Python without a form in JSON. */
const OTHER = /\.\.\.|set[ \t]*\([ \t]*\)/y;
/** The limit of Python's parser is a little higher. */
const MAX_DEPTH = 90;

interface Scan {
  readonly text: string;
  readonly source: Source;
  at: number;
  /** Why JSON has no form for it, if it is a literal. */
  noForm?: string;
  bytes?: true;
}

/**
 * A value of an INI inventory, read like Ansible: a Python literal (`80`, `True`, `[1, 2]`, `1,2`), else text. An
 * error if JSON has no form for it.
 */
export function pythonValue(text: string, source: Source): Node | { readonly error: string } {
  const scan: Scan = { text: text.replace(/^[ \t]+/, ""), source, at: 0 };
  try {
    const node = expression(scan);
    return scan.noForm === undefined ? node : { error: scan.noForm };
  } catch (error) {
    if (error instanceof NotLiteral) return scalar(text, source);
    if (error instanceof TooDeep) return { error: "this is nested too deeply" };
    throw error;
  }
}

/** Parses the whole text: one value, or a tuple of several values with commas. */
function expression(scan: Scan): Node {
  skip(scan);
  const items = [value(scan, 0)];
  let comma = false;
  while (takeIf(scan, ",")) {
    comma = true;
    if (scan.at < scan.text.length) items.push(value(scan, 0));
  }
  if (scan.at < scan.text.length) throw new NotLiteral();
  const [only = scalar(null, scan.source)] = items;
  // Python can write bytes as JSON only at the top level, as text.
  if (scan.bytes === true && (comma || only.children !== undefined))
    scan.noForm ??= "bytes have no form in JSON";
  return comma ? list(items, scan.source) : only;
}

function value(scan: Scan, depth: number): Node {
  if (depth > MAX_DEPTH) throw new TooDeep();
  const c = scan.text.charAt(scan.at);
  if (takeIf(scan, "[")) return list(items(scan, "]", depth).all, scan.source);
  if (takeIf(scan, "(")) {
    const { all, comma } = items(scan, ")", depth);
    const [only] = all;
    return only !== undefined && !comma ? only : list(all, scan.source);
  }
  if (takeIf(scan, "{")) return braces(scan, depth);
  if (c === "-" || c === "+") return signed(scan, c);
  const word = take(scan, WORD)?.[0];
  if (word !== undefined) return scalar(word === "None" ? null : word === "True", scan.source);
  if (take(scan, OTHER) !== undefined) {
    scan.noForm ??= "this has no form in JSON";
    return scalar(null, scan.source);
  }
  return strings(scan) ?? number(scan, 1n);
}

function items(
  scan: Scan,
  end: string,
  depth: number,
): { readonly all: readonly Node[]; readonly comma: boolean } {
  const all: Node[] = [];
  let comma = false;
  let any = false;
  while (!takeIf(scan, end)) {
    if (all.length > 0 && !comma) throw new NotLiteral();
    all.push(value(scan, depth + 1));
    comma = takeIf(scan, ",");
    any ||= comma;
  }
  return { all, comma: any };
}

function braces(scan: Scan, depth: number): Node {
  const children = new Map<string, Node>();
  const keys = new Map<string, Key>();
  let more = true;
  while (!takeIf(scan, "}")) {
    if (!more) throw new NotLiteral();
    const key = value(scan, depth + 1);
    if (!takeIf(scan, ":")) return restOfSet(scan, children.size, depth);
    if (key.children !== undefined) scan.noForm ??= "a list cannot be a key";
    const { name, kind } = keyOf(key);
    keys.set(name, { source: scan.source, kind });
    children.set(name, value(scan, depth + 1));
    more = takeIf(scan, ",");
  }
  return mapping(children, keys, scan.source);
}

/** Parses the rest of a set: if it is not valid, the whole value is text. */
function restOfSet(scan: Scan, keys: number, depth: number): Node {
  if (keys > 0) throw new NotLiteral();
  if (takeIf(scan, ",")) items(scan, "}", depth);
  else if (!takeIf(scan, "}")) throw new NotLiteral();
  scan.noForm ??= "a set has no form in JSON: write a list";
  return scalar(null, scan.source);
}

function keyOf({ value: key, text }: Node): { readonly name: string; readonly kind: Key["kind"] } {
  if (typeof key === "string") return { name: key, kind: "string" };
  if (typeof key === "number") return { name: text ?? String(key), kind: "number" };
  return typeof key === "boolean" ? { name: String(key), kind: "boolean" } : { name: "null", kind: "null" };
}

/** A sign and a number: `--5` is not a literal. */
function signed(scan: Scan, sign: string): Node {
  takeIf(scan, sign);
  return number(scan, sign === "-" ? -1n : 1n);
}

function number(scan: Scan, sign: bigint): Node {
  const match = take(scan, NUMBER);
  if (match === undefined) throw new NotLiteral();
  const [all, imaginary] = match;
  if (imaginary !== undefined && imaginary !== "") scan.noForm ??= "a complex number has no form in JSON";
  const digits = all.replace(/_|[jJ]$/g, "");
  if (/^[0-9]+$/.test(digits)) {
    // In Python, 0644 is neither an octal nor a decimal number.
    if ((imaginary === "" && /^0+[1-9]/.test(digits)) || digits.length > 4300) throw new NotLiteral();
    return asNumber(integer(sign * BigInt(digits)), scan);
  }
  if (/^0[xXoObB]/.test(digits)) return asNumber(integer(sign * BigInt(digits.toLowerCase())), scan);
  return asNumber(float(Number(sign) * Number(digits)), scan);
}

function asNumber(plain: ReturnType<typeof integer>, { source }: Scan): Node {
  if ("error" in plain) throw new NotLiteral();
  return plainScalar(plain, source);
}

/** One string, or several adjacent strings. */
function strings(scan: Scan): Node | undefined {
  let text: string | undefined;
  let bytes: boolean | undefined;
  for (let open = take(scan, STRING, false); open !== undefined; open = take(scan, STRING, false)) {
    const [, prefix = "", quote = ""] = open;
    const kind = prefix.toLowerCase();
    if (!["", "r", "u", "b", "br", "rb"].includes(kind)) throw new NotLiteral();
    if (bytes !== undefined && bytes !== kind.includes("b")) throw new NotLiteral();
    bytes = kind.includes("b");
    if (bytes) scan.bytes = true;
    text = (text ?? "") + stringBody(scan, quote, kind.includes("r"), bytes);
    skip(scan);
  }
  return text === undefined ? undefined : scalar(text, scan.source);
}

function stringBody(scan: Scan, quote: string, raw: boolean, bytes: boolean): string {
  let text = "";
  while (!scan.text.startsWith(quote, scan.at)) {
    const c = scan.text[scan.at];
    if (c === undefined || (bytes && c > "\x7f")) throw new NotLiteral();
    if (c === "\\") text += escaped(scan, raw, bytes);
    else {
      text += c;
      scan.at += 1;
    }
  }
  scan.at += quote.length;
  return text;
}

const ESCAPE = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/y;
const LETTERS: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function escaped(scan: Scan, raw: boolean, bytes: boolean): string {
  const start = scan.at;
  const match = take(scan, ESCAPE, false);
  if (match === undefined) throw new NotLiteral();
  const [all, octal, byte, short, long, letter] = match;
  if (raw) {
    scan.at = start + 2;
    return all.slice(0, 2);
  }
  if (letter !== undefined) return namedEscape(letter, bytes, scan);
  if (bytes) scan.noForm ??= "bytes have no form in JSON: write text";
  const hex = byte ?? short ?? long;
  const code = hex === undefined ? Number.parseInt(octal ?? "", 8) : Number.parseInt(hex, 16);
  if (code > 0x10ffff) throw new NotLiteral();
  if (code >= 0xd800 && code <= 0xdfff) scan.noForm ??= "half a character has no form in JSON";
  return String.fromCodePoint(code);
}

/** The character of an escape sequence; Python keeps unknown sequences. */
function namedEscape(letter: string, bytes: boolean, scan: Scan): string {
  const known = LETTERS[letter];
  if (known !== undefined) return known;
  if (letter === "x" || (!bytes && (letter === "u" || letter === "U"))) throw new NotLiteral();
  if (letter === "N" && !bytes) scan.noForm ??= "write the character itself, not its name";
  return `\\${letter}`;
}

function skip(scan: Scan): void {
  SPACE.lastIndex = scan.at;
  scan.at += SPACE.exec(scan.text)?.[0].length ?? 0;
}

function take(scan: Scan, pattern: RegExp, space = true): RegExpExecArray | undefined {
  pattern.lastIndex = scan.at;
  const match = pattern.exec(scan.text);
  if (match === null) return undefined;
  scan.at += match[0].length;
  if (space) skip(scan);
  return match;
}

function takeIf(scan: Scan, token: string): boolean {
  if (!scan.text.startsWith(token, scan.at)) return false;
  scan.at += token.length;
  skip(scan);
  return true;
}
