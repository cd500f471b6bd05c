import { resolve } from "node:path";
import { fail, type Log, lose, newLog } from "../../base/diagnostic.ts";
import type { Json } from "../../model/json.ts";
import { quote } from "../../script/script.ts";
import { parseText, readText } from "../parse/load.ts";
import { isMapping, scalar, typeName } from "../parse/node.ts";
import { TextFile } from "../parse/text-file.ts";
import { type RawVariable, type RawVars, setVariable } from "./tree.ts";
import { variablesOf } from "./variable-files.ts";

/** Reads all `-e`: `key=value` words, JSON or YAML in brackets, or `@file`. Later ones win. */
export function readExtraVars(texts: readonly string[], cwd: string, log: Log, merge = false): RawVars {
  const vars = new Map<string, RawVariable>();
  for (const text of texts) {
    if (text === "") continue;
    for (const [name, variable] of readOne(text, cwd, log)) setVariable(vars, name, variable, merge);
  }
  return vars;
}

function readOne(text: string, cwd: string, log: Log): RawVars {
  const file = new TextFile("--extra-vars", text);
  if (text.startsWith("@")) {
    const named = readText(resolve(cwd, text.slice(1)), text.slice(1), log);
    return named === undefined ? new Map() : readMapping(named, log);
  }
  if (/^[/.]/.test(text)) {
    lose(log, "a file of variables is given as @FILE", file.place(0, text.length), `write @${text}`);
    return new Map();
  }
  if (/^[[{]/.test(text)) return readMapping(file, log);
  return readWords(file, log);
}

function readMapping(file: TextFile, log: Log): RawVars {
  const before = log.problems.length;
  const root = parseText(file, log);
  if (root !== undefined && isMapping(root)) return variablesOf(root);
  if (log.problems.length > before) return new Map();
  lose(
    log,
    `variables are a mapping of names, this is ${typeName(root?.value)}`,
    root?.source ?? file.place(0, 1),
  );
  return new Map();
}

/** The hint for `name={key: value}`, which Ansible reads as text or as several words; else undefined. */
export function mappingHint(name: string, text: string): string | undefined {
  if (!/^[{[](?![{%#])/.test(text)) return undefined;
  const root = parseText(new TextFile("--extra-vars", text), newLog());
  const written = root === undefined || root.broken === true ? "null" : spaced(root.value);
  // YAML reads `{name:value}` as a name without a value.
  const value = /\bnull\b/.test(written) ? '{"name": "value"}' : written;
  return `write -e ${quote(`{"${name}": ${value}}`)}`;
}

/** JSON on one line, with spaces after commas and colons. */
function spaced(value: Json): string {
  return JSON.stringify(value, null, 1)
    .replace(/([[{])\n\s*|\n\s*([\]}])/g, "$1$2")
    .replace(/\n\s*/g, " ");
}

function readWords(file: TextFile, log: Log): RawVars {
  const assigned = /^\s*([A-Za-z_]\w*)=([{[].*\s.*[}\]])\s*$/s.exec(file.text);
  const hint = assigned === null ? undefined : mappingHint(assigned[1] ?? "", assigned[2] ?? "");
  if (hint !== undefined) {
    lose(log, "a list or mapping cannot be set as name=value", file.place(0, file.text.length), hint);
    return new Map();
  }
  const vars = new Map<string, RawVariable>();
  for (const word of splitWords(file, log)) {
    const source = file.place(word.start, word.start + word.text.length);
    const text = decodeEscapes(word.text);
    const at = assignmentAt(text);
    if (at === -1) {
      fail(log, `\`${word.text}\` is not a variable`, source, "write name=value, JSON, or @FILE");
      continue;
    }
    const value = unquote(text.slice(at + 1).trim());
    vars.set(text.slice(0, at).trim(), { node: scalar(value, source), key: source });
  }
  return vars;
}

/** The first `=` that has a name before it and no backslash. */
function assignmentAt(text: string): number {
  let at = text.indexOf("=", 1);
  while (at > 0 && text[at - 1] === "\\") at = text.indexOf("=", at + 1);
  return at;
}

function unquote(text: string): string {
  const quoted =
    text.length > 1 && /^["']/.test(text) && text.endsWith(text.charAt(0)) && text.at(-2) !== "\\";
  return quoted ? text.slice(1, -1) : text;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\\\": "\\",
  "\\'": "'",
  '\\"': '"',
  "\\a": "\x07",
  "\\b": "\b",
  "\\f": "\f",
  "\\n": "\n",
  "\\r": "\r",
  "\\t": "\t",
  "\\v": "\v",
};

function decodeEscapes(text: string): string {
  return text.replace(
    /\\U([0-9a-fA-F]{8})|\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})|\\[\\'"abfnrtv]/g,
    (all, long, short, byte) => {
      const hex: unknown = long ?? short ?? byte;
      if (typeof hex !== "string") return ESCAPES[all] ?? all;
      const code = Number.parseInt(hex, 16);
      return code > 0x10ffff ? all : String.fromCodePoint(code);
    },
  );
}

interface Word {
  readonly text: string;
  readonly start: number;
}

/** Splits at white space outside quotes and template braces. */
function splitWords(file: TextFile, log: Log): readonly Word[] {
  const words: Word[] = [];
  const { text } = file;
  let at = 0;
  while (at < text.length) {
    if (/[ \n]/.test(text.charAt(at))) {
      at += 1;
      continue;
    }
    const end = wordEnd(text, at);
    if (end === undefined) {
      const source = file.place(at, text.length);
      lose(log, "a quote or a brace is not closed", source, "quote the whole value");
      return [];
    }
    words.push({ text: text.slice(at, end), start: at });
    at = end;
  }
  return words;
}

/** The end of the word that starts at `start`; undefined: the text ends inside a quote or braces. */
function wordEnd(text: string, start: number): number | undefined {
  let quote = "";
  let depth = 0;
  let at = start;
  for (; at < text.length; at++) {
    const c = text.charAt(at);
    const pair = text.slice(at, at + 2);
    if (quote === "" && depth === 0 && /[ \n]/.test(c)) break;
    if (isQuote(text, at, start)) quote = nextQuote(quote, c);
    else if (/^\{[{%#]/.test(pair)) depth += 1;
    else if (/^[}%#]\}/.test(pair)) depth = Math.max(0, depth - 1);
  }
  return quote === "" && depth === 0 ? at : undefined;
}

function isQuote(text: string, at: number, start: number): boolean {
  return /["']/.test(text.charAt(at)) && (at === start || text[at - 1] !== "\\");
}

function nextQuote(open: string, c: string): string {
  if (open === "") return c;
  return open === c ? "" : open;
}
