import { fail, type Log } from "../../base/diagnostic.ts";
import { MAX_DEPTH } from "./convert.ts";
import { type Key, list, lostValue, mapping, type Node, plainScalar, scalar, unsafe } from "./node.ts";
import { float, integer } from "./scalar.ts";
import type { TextFile } from "./text-file.ts";
import { vaultValue } from "./vault.ts";

/** Signals that the text is not JSON; it may still be YAML. Never leaves this file. */
class NotJson extends Error {}

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const WORD = /true|false|null|NaN|-?Infinity/y;
const STRING = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
/** Strings without escapes need no second parser. */
const PLAIN_STRING = /"[^"\\\x00-\x1f]*"/y;

/** One pass over the text. */
interface Scan {
  readonly file: TextFile;
  readonly log: Log;
  at: number;
}

/**
 * Reads a text as Python's `json` does, with places. Undefined: it is not JSON (nothing is logged then). Keys that
 * stand twice, which Python drops in silence, are errors.
 */
export function parseJson(file: TextFile, log: Log): Node | undefined {
  if (!/^\s*[[{]/.test(file.text)) return undefined;
  const own: Log = { problems: [], lost: false };
  const scan: Scan = { file, log: own, at: 0 };
  try {
    const node = readValue(scan, 0);
    skip(scan);
    if (scan.at < file.text.length) return undefined;
    log.problems.push(...own.problems);
    log.lost ||= own.lost;
    return node;
  } catch (error) {
    // The pattern for strings can exhaust its stack on megabytes of escapes.
    if (error instanceof NotJson || error instanceof RangeError) return undefined;
    throw error;
  }
}

function skip(scan: Scan): void {
  const { text } = scan.file;
  let code = text.charCodeAt(scan.at);
  while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++scan.at);
}

function take(scan: Scan, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = scan.at;
  const match = pattern.exec(scan.file.text);
  if (match === null) return undefined;
  scan.at += match[0].length;
  return match;
}

function expect(scan: Scan, character: string): void {
  if (scan.file.text[scan.at] !== character) throw new NotJson();
  scan.at += 1;
}

function readValue(scan: Scan, depth: number): Node {
  // YAML's reader says it in words.
  if (depth > MAX_DEPTH) throw new NotJson();
  skip(scan);
  const start = scan.at;
  switch (scan.file.text[start]) {
    case "{":
      return readObject(scan, depth);
    case "[":
      return readArray(scan, depth);
    case '"':
      return scalar(readString(scan), scan.file.place(start, scan.at));
    default:
      return readWord(scan) ?? readNumber(scan);
  }
}

function readString(scan: Scan): string {
  const start = scan.at;
  if (take(scan, PLAIN_STRING) !== undefined) return scan.file.text.slice(start + 1, scan.at - 1);
  if (take(scan, STRING) === undefined) throw new NotJson();
  return String(JSON.parse(scan.file.text.slice(start, scan.at)));
}

function readWord(scan: Scan): Node | undefined {
  const start = scan.at;
  const word = take(scan, WORD)?.[0];
  if (word === undefined) return undefined;
  const source = scan.file.place(start, scan.at);
  if (word === "null") return scalar(null, source);
  if (word === "true" || word === "false") return scalar(word === "true", source);
  return scalar(Number(word), source, word === "NaN" ? "nan" : word.replace("Infinity", "inf"));
}

function readNumber(scan: Scan): Node {
  const start = scan.at;
  const match = take(scan, NUMBER);
  if (match === undefined) throw new NotJson();
  const source = scan.file.place(start, scan.at);
  const [digits, fraction, exponent] = match;
  const whole = fraction === undefined && exponent === undefined;
  const result = !whole ? float(Number(digits)) : digits.length > 4000 ? TOO_LONG : integer(BigInt(digits));
  if (!("error" in result)) return plainScalar(result, source);
  fail(scan.log, result.error, source);
  return lostValue(source);
}

const TOO_LONG = { error: "this is not a whole number" } as const;

function readArray(scan: Scan, depth: number): Node {
  const start = scan.at;
  expect(scan, "[");
  const items: Node[] = [];
  skip(scan);
  while (scan.file.text[scan.at] !== "]") {
    if (items.length > 0) expect(scan, ",");
    items.push(readValue(scan, depth + 1));
    skip(scan);
  }
  expect(scan, "]");
  return list(items, scan.file.place(start, scan.at));
}

function readObject(scan: Scan, depth: number): Node {
  const start = scan.at;
  expect(scan, "{");
  const children = new Map<string, Node>();
  const keys = new Map<string, Key>();
  let first = true;
  skip(scan);
  while (scan.file.text[scan.at] !== "}") {
    if (!first) expect(scan, ",");
    first = false;
    readEntry(scan, children, keys, depth);
    skip(scan);
  }
  expect(scan, "}");
  return special(mapping(children, keys, scan.file.place(start, scan.at)));
}

function readEntry(scan: Scan, children: Map<string, Node>, keys: Map<string, Key>, depth: number): void {
  skip(scan);
  const start = scan.at;
  const name = readString(scan);
  const source = scan.file.place(start, scan.at);
  skip(scan);
  expect(scan, ":");
  const value = readValue(scan, depth + 1);
  const before = keys.get(name);
  if (before !== undefined) {
    fail(
      scan.log,
      `the key \`${name}\` stands here twice`,
      source,
      `it also stands on line ${before.source.line}`,
    );
    return;
  }
  keys.set(name, { source, kind: "string" });
  children.set(name, value);
}

/** Ansible writes its marks into JSON as mappings with one key. */
function special(node: Node): Node {
  const marked = node.children?.get("__ansible_unsafe");
  if (marked !== undefined) return unsafe(marked);
  const encrypted = node.children?.get("__ansible_vault");
  return encrypted === undefined ? node : vaultValue(String(encrypted.value), node.source);
}
