import { fail, type Log, lose } from "../../base/diagnostic.ts";
import type { Source } from "../../model/source.ts";
import { MAX_DEPTH, TOO_DEEP } from "./convert.ts";
import { type Key, list, lostValue, mapping, type Node, plainScalar, scalar, unsafe } from "./node.ts";
import { float, integer } from "./scalar.ts";
import type { TextFile } from "./text-file.ts";
import { vaultValue } from "./vault.ts";

/** A scanner for a text that is valid JSON. */
interface Scan {
  readonly file: TextFile;
  readonly log: Log;
  /** Of the last token. */
  start: number;
  end: number;
  tooDeep?: Source;
}

/**
 * Whether Python's `json` reads the text as a list or mapping. Python knows three more numbers than JavaScript: here
 * `0` replaces them.
 */
export function isJson(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text.replaceAll(/(?<![\w.+-])(?:NaN|-?Infinity)(?!\w)/g, "0"));
    return true;
  } catch {
    return false;
  }
}

/**
 * Parses a text for which `isJson` is true, with positions. Undefined: the nesting is too deep, and the log has the error.
 * Duplicate keys, which Python silently drops, are errors.
 */
export function parseJson(file: TextFile, log: Log): Node | undefined {
  const scan: Scan = { file, log, start: 0, end: 0 };
  const node = readValue(scan, next(scan), 0);
  if (scan.tooDeep === undefined) return node;
  lose(log, TOO_DEEP, scan.tooDeep);
  return undefined;
}

const TOKEN = /[[\]{}"]|[^\s,:[\]{}"]+/g;

/** The next word, text or bracket, without the characters between. Empty: the end. */
function next(scan: Scan): string {
  const { text } = scan.file;
  TOKEN.lastIndex = scan.end;
  const found = TOKEN.exec(text);
  if (found === null) return "";
  scan.start = found.index;
  scan.end = TOKEN.lastIndex;
  if (found[0] !== '"') return found[0];
  for (let at = scan.end; ; at += 1) {
    const character = text[at];
    if (character === "\\") at += 1;
    else if (character === '"') {
      scan.end = at + 1;
      return text.slice(scan.start, scan.end);
    }
  }
}

function readValue(scan: Scan, token: string, depth: number): Node {
  const { file, log, start, end } = scan;
  if (depth > MAX_DEPTH) {
    scan.tooDeep = file.place(start, end);
    scan.end = file.text.length;
    return lostValue(scan.tooDeep);
  }
  if (token === "{") return readObject(scan, start, depth);
  if (token === "[") return readArray(scan, start, depth);
  return token.startsWith('"')
    ? scalar(textOf(token), file.place(start, end))
    : readWord(token, file.place(start, end), log);
}

/** Text without escapes needs no second parser. */
const textOf = (token: string): string =>
  token.includes("\\") ? String(JSON.parse(token)) : token.slice(1, -1);

function readWord(word: string, source: Source, log: Log): Node {
  if (word === "null") return scalar(null, source);
  if (word === "true" || word === "false") return scalar(word === "true", source);
  if (/[NI]/.test(word))
    return scalar(Number(word), source, word.replace("NaN", "nan").replace("Infinity", "inf"));
  if (/[.eE]/.test(word)) return plainScalar(float(Number(word)), source);
  // Python does not read longer numbers, and BigInt takes quadratic time.
  if (word.length <= 4000) return plainScalar(integer(BigInt(word)), source);
  fail(log, "this is not a whole number", source);
  return lostValue(source);
}

function readArray(scan: Scan, start: number, depth: number): Node {
  const items: Node[] = [];
  for (let token = next(scan); token !== "]" && token !== ""; token = next(scan))
    items.push(readValue(scan, token, depth + 1));
  return list(items, scan.file.place(start, scan.end));
}

function readObject(scan: Scan, start: number, depth: number): Node {
  const children = new Map<string, Node>();
  const keys = new Map<string, Key>();
  for (let token = next(scan); token !== "}" && token !== ""; token = next(scan)) {
    const name = textOf(token);
    const source = scan.file.place(scan.start, scan.end);
    const value = readValue(scan, next(scan), depth + 1);
    const before = keys.get(name)?.source.line;
    if (before === undefined) {
      keys.set(name, { source, kind: "string" });
      children.set(name, value);
    } else fail(scan.log, `the key \`${name}\` is here twice`, source, `it is also on line ${before}`);
  }
  return special(mapping(children, keys, scan.file.place(start, scan.end)));
}

/** Ansible writes its marks into JSON as mappings with one key. */
function special(node: Node): Node {
  const marked = node.children?.get("__ansible_unsafe");
  if (marked !== undefined) return unsafe(marked);
  const encrypted = node.children?.get("__ansible_vault");
  return encrypted === undefined ? node : vaultValue(String(encrypted.value), node.source);
}
