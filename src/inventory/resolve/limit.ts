import { existsSync } from "node:fs";
import { diagnostic, didYouMean, newLog } from "../../base/diagnostic.ts";
import { nearest } from "../../base/nearest.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { Diagnostic } from "../../model/source.ts";
import { readText } from "../parse/load.ts";
import { TextFile } from "../parse/text-file.ts";
import { globToRegExp, pythonToRegExp } from "./glob.ts";
import { parseAddress } from "./hostnames.ts";
import { type Groups, membersOf } from "./tree.ts";

/** One pattern of a limit, and its position. */
interface Pattern {
  readonly text: string;
  readonly file: TextFile;
  readonly start: number;
}

/** The hosts and groups of an inventory, also while it is being read. */
export interface Selectable {
  readonly hosts: ReadonlyMap<string, unknown>;
  readonly groups: Groups;
}

type Selection = Result<readonly string[], Diagnostic>;

const SUBSCRIPT = /^(.+)\[(?:(-?[0-9]+)|([0-9]+)[:-]([0-9]*))\]$/;

/**
 * The hosts of a `--limit`, in inventory order: names, groups, `*` and `?`, `~regex`, `group[0]`, `group[0:2]` (both ends
 * included), `@file` with a pattern on each line; `&` intersects, `!` excludes. A pattern without a match is an error, and
 * so is a limit without hosts.
 */
export function selectHosts(inventory: Selectable, limit: string): Selection {
  const file = new TextFile("--limit", limit);
  const patterns: Pattern[] = [];
  for (const pattern of splitPatterns(file, inventory)) {
    const read = pattern.text.startsWith("@") ? readPatterns(pattern) : ok([pattern]);
    if (!read.ok) return read;
    patterns.push(...read.value);
  }
  const whole: Pattern = { text: limit, file, start: 0 };
  if (patterns.length === 0) return problem(whole, "the limit is empty", "remove -l to select all hosts");
  const selected = evaluate(inventory, patterns);
  if (!selected.ok) return selected;
  const chosen = new Set(selected.value);
  if (chosen.size === 0) return problem(whole, "this limit selects no host");
  return ok([...inventory.hosts.keys()].filter((name) => chosen.has(name)));
}

function problem(
  pattern: Pattern,
  message: string,
  hint?: string,
): { readonly ok: false; readonly error: Diagnostic } {
  const source = pattern.file.place(pattern.start, pattern.start + pattern.text.length);
  return err(diagnostic("error", message, source, hint));
}

/** Splits at commas; without a comma at colons, unless the whole text is an address or a range. */
function splitPatterns(file: TextFile, inventory: Selectable): readonly Pattern[] {
  const { text } = file;
  const separated = /[^,]+/g;
  const byColon = /(?:[^\s:[\]]|\[[^\]]*\])+/g;
  const whole =
    text.includes(",") ||
    parseAddress(text.trim()) !== undefined ||
    (text.startsWith("@") && existsSync(text.slice(1))) ||
    isAddressGlob(text.trim(), inventory);
  return [...text.matchAll(whole ? separated : byColon)].flatMap((match) => {
    const trimmed = match[0].trim();
    return trimmed === "" ? [] : [{ text: trimmed, file, start: match.index + match[0].indexOf(trimmed) }];
  });
}

/**
 * True for a glob over IPv6 addresses, such as `2001:db8::*`. Ansible would split it at its colons, and the remaining `*`
 * would match all hosts.
 */
function isAddressGlob(text: string, { hosts, groups }: Selectable): boolean {
  const glob = text.replace(/^[&!]/, "");
  if (!/^[0-9a-fA-F:*?]*:[0-9a-fA-F:*?]*:[0-9a-fA-F:*?]*$/.test(glob)) return false;
  if (glob.split(":").some((part) => hosts.has(part) || groups.has(part))) return false;
  const test = globToRegExp(glob);
  return test !== undefined && [...hosts.keys()].some((name) => test.test(name));
}

function readPatterns(pattern: Pattern): Result<readonly Pattern[], Diagnostic> {
  const log = newLog();
  const path = pattern.text.slice(1);
  const file = readText(path, path, log);
  if (file === undefined) return problem(pattern, log.problems[0]?.message ?? `cannot read ${path}`);
  const patterns = [...file.text.matchAll(/[^\n]+/g)].flatMap((match) => {
    const text = match[0].trim();
    return text === "" ? [] : [{ text, file, start: match.index + match[0].indexOf(text) }];
  });
  return patterns.length > 0 ? ok(patterns) : problem(pattern, `there is no pattern in ${path}`);
}

function evaluate(inventory: Selectable, patterns: readonly Pattern[]): Selection {
  const of = (sign: string): readonly Pattern[] => patterns.filter(({ text }) => text.startsWith(sign));
  const plain = patterns.filter(({ text }) => !/^[&!]/.test(text));
  let chosen = plain.length === 0 ? [...inventory.hosts.keys()] : [];
  for (const pattern of [...plain, ...of("&"), ...of("!")]) {
    const matched = match(inventory, pattern);
    if (!matched.ok) return matched;
    const names = new Set(matched.value);
    if (pattern.text.startsWith("&")) chosen = chosen.filter((name) => names.has(name));
    else if (pattern.text.startsWith("!")) chosen = chosen.filter((name) => !names.has(name));
    else chosen.push(...names);
  }
  return ok(chosen);
}

function match(inventory: Selectable, pattern: Pattern): Selection {
  if (inventory.hosts.has(pattern.text)) return ok([pattern.text]);
  const text = pattern.text.replace(/^[&!]/, "");
  const subscript = text.startsWith("~") ? null : SUBSCRIPT.exec(text);
  const expression = subscript?.[1] ?? text;
  const matched = matchNames(inventory, expression, pattern);
  if (!matched.ok || subscript === null) return matched;
  const part = applySubscript(matched.value, subscript);
  if (part.length > 0) return ok(part);
  return problem(
    pattern,
    `\`${text}\` selects no host: \`${expression}\` has ${matched.value.length}, counted from 0`,
  );
}

function applySubscript(names: readonly string[], subscript: RegExpExecArray): readonly string[] {
  const [, , index, first, last] = subscript;
  // In Ansible, a range with the end 0 is one host.
  if (index !== undefined || Number(last || "1") === 0) {
    const name = names.at(Number(index ?? first));
    return name === undefined ? [] : [name];
  }
  return names.slice(Number(first), last === "" ? undefined : Number(last) + 1);
}

/** In Ansible's order, which matters for subscripts; a host with several matches appears several times. */
function matchNames(inventory: Selectable, expression: string, pattern: Pattern): Selection {
  const regex = expression.startsWith("~");
  const test = regex ? pythonToRegExp(expression.slice(1)) : globToRegExp(expression);
  if (test === undefined) return problem(pattern, `\`${expression}\` is not a valid pattern`);
  const groups = [...inventory.groups.keys()].filter((name) => test.test(name));
  const names = groups.flatMap((name) => membersOf(inventory.groups, name));
  const special = regex || /[?*[]/.test(expression);
  // Ansible tests host names only if no group has this exact name, or if the pattern may match several names.
  if (groups.length === 0 || special || expression.includes(".")) {
    for (const host of inventory.hosts.keys()) if (test.test(host)) names.push(host);
  }
  if (names.length > 0) return ok(names);
  if (groups.length > 0) return problem(pattern, `the group \`${expression}\` has no hosts`);
  const all = [...inventory.hosts.keys(), ...inventory.groups.keys()];
  const near = withoutBrackets(expression, inventory) ?? (special ? undefined : nearest(expression, all));
  return problem(pattern, `no host and no group is called \`${expression}\``, didYouMean(near));
}

/** The host of `[2001:db8::1]`, in the syntax of a URL. */
function withoutBrackets(expression: string, { hosts }: Selectable): string | undefined {
  const bare = /^\[([0-9a-fA-F:.]+)\](?::[0-9]+)?$/.exec(expression)?.[1];
  return bare !== undefined && hosts.has(bare) ? bare : undefined;
}

/** The problem as a warning on a host outside the limit, where it only prevents a login. */
export function outsideLimit(problem: Diagnostic): Diagnostic {
  const hint = "the host is outside the limit. If this run needs its state, it counts as not reachable";
  return { ...problem, severity: "warning", hint };
}
