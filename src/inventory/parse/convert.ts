import type { Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { isAlias, isMap, isPair, isScalar, isSeq } from "yaml";
import { fail, type Log, lose } from "../../base/diagnostic.ts";
import type { Source } from "../../model/source.ts";
import { blockText } from "./block.ts";
import {
  broken,
  type Key,
  list,
  lostValue,
  mapping,
  type Node,
  plainScalar,
  scalar,
  unsafe,
} from "./node.ts";
import { type Plain, resolvePlain, resolveTagged } from "./scalar.ts";
import { encryptedValue } from "./secret.ts";
import { unquotedReference } from "./syntax-hints.ts";
import type { TextFile } from "./text-file.ts";
import { vaultValue } from "./vault.ts";

/** Deeper nesting is an attack or a mistake, and could overflow the stack. */
export const MAX_DEPTH = 200;
/** The error for it. */
export const TOO_DEEP = `this is nested too deeply (more than ${MAX_DEPTH} levels)`;
/** The limit of values in a file with all aliases expanded; more is an alias bomb. */
const MAX_SIZE = 2_000_000;

const CORE = "tag:yaml.org,2002:";

/** The state of converting one document. */
export interface Walk {
  readonly file: TextFile;
  readonly log: Log;
  /** `undefined` during the conversion of the anchor's own value. */
  readonly anchors: Map<string, Node | undefined>;
}

function place(node: { range?: readonly [number, number, number] | null }, walk: Walk): Source {
  const [start, end] = node.range ?? [0, 1];
  return walk.file.place(start, end);
}

/** Converts a node of the YAML parser: with Python's types, aliases expanded and merge keys merged. */
export function convert(node: unknown, walk: Walk, depth: number): Node {
  if (isAlias(node)) return alias(node.source, place(node, walk), walk);
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) return scalar(null, walk.file.place(0, 1));
  const source = place(node, walk);
  if (depth > MAX_DEPTH) {
    lose(walk.log, TOO_DEEP, source);
    return lostValue(source);
  }
  if (node.anchor !== undefined) walk.anchors.set(node.anchor, undefined);
  const plain = isScalar(node)
    ? convertScalar(node, source, walk)
    : isMap(node)
      ? convertMap(node, source, walk, depth)
      : convertSeq(node, source, walk, depth);
  const value = bounded(plain, walk);
  if (node.anchor !== undefined) walk.anchors.set(node.anchor, value);
  return value;
}

function bounded(node: Node, walk: Walk): Node {
  if (node.size <= MAX_SIZE) return node;
  lose(walk.log, `the aliases in this value expand to more than ${MAX_SIZE} values`, node.source);
  return lostValue(node.source);
}

function alias(name: string, source: Source, walk: Walk): Node {
  const node = walk.anchors.get(name);
  if (node !== undefined) return node;
  const message = walk.anchors.has(name) ? `\`*${name}\` would contain itself` : `no \`&${name}\` above`;
  lose(walk.log, message, source);
  return lostValue(source);
}

function convertScalar(node: Scalar, source: Source, walk: Walk): Node {
  const text = blockText(node, walk.file.text);
  if (node.tag === "!vault" || node.tag === "!vault-encrypted") return vaultValue(text, source);
  if (node.tag === "!secret") return encryptedValue(text, source);
  const result = resolveScalar(node, text);
  if ("error" in result) {
    fail(walk.log, result.error, source);
    return lostValue(source);
  }
  const made = plainScalar(result, source);
  return node.tag === "!unsafe" ? unsafe(made) : made;
}

function resolveScalar(node: Scalar, text: string): Plain {
  const { tag } = node;
  // libyaml ignores `!` alone.
  if (tag === undefined || tag === "!") return node.type === "PLAIN" ? resolvePlain(text) : { value: text };
  if (tag === "!unsafe") return { value: text };
  if (tag.startsWith(CORE)) return resolveTagged(tag.slice(CORE.length), text);
  return { error: `the tag ${tag} is not supported` };
}

function convertSeq(node: YAMLSeq, source: Source, walk: Walk, depth: number): Node {
  const tag = node.tag?.startsWith(CORE) ? node.tag.slice(CORE.length) : node.tag;
  const pairs = tag === "omap" || tag === "pairs";
  if (tag !== undefined && tag !== "seq" && tag !== "!unsafe" && !pairs) {
    fail(walk.log, `the tag ${node.tag} is not supported for lists`, source);
  }
  const items = node.items.map((item) => convert(item, walk, depth + 1));
  if (!pairs) return tag === "!unsafe" ? unsafe(list(items, source)) : list(items, source);
  // Python converts an ordered mapping to a list of pairs, and prints it so.
  return list(
    items.map((item) => asPair(item, walk)),
    source,
  );
}

function asPair(item: Node, walk: Walk): Node {
  const [entry] = item.children ?? [];
  if (item.keys === undefined || item.children?.size !== 1 || entry === undefined) {
    fail(walk.log, "each entry of an ordered mapping must be one `key: value`", item.source);
    return lostValue(item.source);
  }
  const [name, value] = entry;
  return list([scalar(name, item.keys.get(name)?.source ?? item.source), value], item.source);
}

function convertMap(node: YAMLMap, source: Source, walk: Walk, depth: number): Node {
  const tag = node.tag?.startsWith(CORE) ? node.tag.slice(CORE.length) : node.tag;
  if (tag === "set") fail(walk.log, "sets have no form in JSON", source, "write a list");
  else if (tag !== undefined && tag !== "map" && tag !== "python/dict" && tag !== "!unsafe") {
    fail(walk.log, `the tag ${node.tag} is not supported for mappings`, source);
  }
  const own = new Map<string, Node>();
  const keys = new Map<string, Key>();
  const merged: Node[] = [];
  let lost = false;
  for (const pair of node.items) {
    if (!isPair(pair)) continue;
    if (isMerge(pair)) merged.push(...mergeSources(pair, walk, depth));
    else if (!addPair(pair, { own, keys }, walk, depth)) lost = true;
  }
  const whole = merged.length === 0 ? mapping(own, keys, source) : mergeAll(merged, own, keys, source);
  const made = lost ? broken(whole) : whole;
  return tag === "!unsafe" ? unsafe(made) : made;
}

function isMerge(pair: Pair): boolean {
  return (
    isScalar(pair.key) && pair.key.type === "PLAIN" && pair.key.tag === undefined && pair.key.value === "<<"
  );
}

/** Of one mapping. */
interface Entries {
  readonly own: Map<string, Node>;
  readonly keys: Map<string, Key>;
}

/** False: the key is not valid, so its value is lost too. */
function addPair(pair: Pair, { own, keys }: Entries, walk: Walk, depth: number): boolean {
  const key = readKey(pair.key, walk, depth);
  const value = pair.value === null ? undefined : convert(pair.value, walk, depth + 1);
  if (key === undefined) return false;
  const first = keys.get(key.name);
  if (first !== undefined) {
    fail(
      walk.log,
      `the key \`${key.name}\` is here twice`,
      key.source,
      `it is also on line ${first.source.line}`,
    );
    return true;
  }
  keys.set(key.name, key);
  own.set(key.name, value ?? scalar(null, key.source));
  return true;
}

interface NamedKey extends Key {
  readonly name: string;
}

function readKey(node: unknown, walk: Walk, depth: number): NamedKey | undefined {
  if (isScalar(node) && node.value === "=" && node.type === "PLAIN")
    return { name: "=", kind: "string", source: place(node, walk) };
  const key = convert(node, walk, depth + 1);
  const source = isScalar(node) || isAlias(node) ? place(node, walk) : key.source;
  const dated = isScalar(node) && node.type === "PLAIN" && isDated(String(node.value));
  if (key.children !== undefined || dated) {
    fail(
      walk.log,
      `${dated ? "a date" : "a list or mapping"} cannot be a key`,
      source,
      dated ? "put it in quotes" : unquotedReference(walk.file.line(source.line)),
    );
    return undefined;
  }
  return { ...keyName(key), source };
}

function isDated(text: string): boolean {
  const plain = resolvePlain(text);
  return "date" in plain && plain.date === true;
}

/** Converts keys to text like Python's JSON writer. */
function keyName(key: Node): { name: string; kind: Key["kind"] } {
  const { value } = key;
  if (typeof value === "string") return { name: value, kind: "string" };
  if (typeof value === "number") return { name: key.text ?? String(value), kind: "number" };
  if (typeof value === "boolean") return { name: String(value), kind: "boolean" };
  return { name: "null", kind: "null" };
}

/** The mappings of one `<<`. In a list the first wins, so it comes last. */
function mergeSources(pair: Pair, walk: Walk, depth: number): Node[] {
  const value = convert(pair.value, walk, depth + 1);
  const parts =
    value.children !== undefined && value.keys === undefined
      ? [...value.children.values()].reverse()
      : [value];
  return parts.filter((part) => {
    if (part.keys !== undefined) return true;
    fail(walk.log, "`<<` needs a mapping or a list of mappings", part.source);
    return false;
  });
}

function mergeAll(
  merged: readonly Node[],
  own: Map<string, Node>,
  ownKeys: Map<string, Key>,
  source: Source,
): Node {
  const children = new Map<string, Node>();
  const keys = new Map<string, Key>();
  for (const part of merged) {
    for (const [name, child] of part.children ?? []) children.set(name, child);
    for (const [name, key] of part.keys ?? []) keys.set(name, key);
  }
  for (const [name, child] of own) children.set(name, child);
  for (const [name, key] of ownKeys) keys.set(name, key);
  return mapping(children, keys, source);
}
