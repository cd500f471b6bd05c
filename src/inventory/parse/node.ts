import type { Json, JsonObject } from "../../model/json.ts";
import type { Origin, Source } from "../../model/source.ts";
import type { PlainValue } from "./scalar.ts";

/** The type of a mapping's key: only strings can name groups and hosts, and numbers sort as numbers. */
export interface Key {
  readonly source: Source;
  readonly kind: "string" | "number" | "boolean" | "null";
}

/** A parsed value, before its templates are resolved. It is its own Origin. */
export interface Node extends Origin {
  readonly value: Json;
  /** By mapping key, in file order, or by list index. */
  readonly children?: ReadonlyMap<string, Node>;
  /** Mappings only. */
  readonly keys?: ReadonlyMap<string, Key>;
  /** Its text inside a longer string, if Python prints it differently from JavaScript. */
  readonly text?: string;
  /** A whole number beyond 2^53: `value` is approximate, `text` has all digits. */
  readonly inexact?: true;
  /** Marked `!unsafe`: braces in it are ordinary characters. */
  readonly unsafe?: true;
  /** With `!secret`: `value` is the encrypted text. */
  readonly encrypted?: true;
  /** It or a part of it was encrypted: never show it. */
  readonly secret?: true;
  /** True: it or a part of it has a template, or is not usable as it is. */
  readonly dynamic: boolean;
  /** It or a part of it could not be read or resolved, and the error is reported: its content is incomplete. */
  readonly broken?: true;
  /** Why this value is not usable. It is an error only if the value is used. */
  readonly refusal?: Refusal;
  /** The count of its values with all aliases expanded. */
  readonly size: number;
}

/** Why a valid value is not usable. */
interface Refusal {
  readonly message: string;
  readonly hint: string;
}

/** Replaces a value that was lost with an error. */
export function lostValue(source: Source): Node {
  return { value: null, source, dynamic: false, size: 1, broken: true };
}

/** The same value with the mark that a part of it was lost. */
export function broken(node: Node): Node {
  return { ...node, broken: true };
}

/** Whether a value, or a part of it, was lost with an error. */
export function isBroken(origin: Origin | undefined): boolean {
  return origin !== undefined && "broken" in origin && origin.broken === true;
}

/** Whether a string has a template. */
function hasTemplate(text: string): boolean {
  return text.includes("{{") || text.includes("{%") || text.includes("{#");
}

/** A node for a string, number, boolean or null. */
export function scalar(value: string | number | boolean | null, source: Source, text?: string): Node {
  return {
    value,
    source,
    dynamic: typeof value === "string" && hasTemplate(value),
    size: 1,
    ...(text === undefined ? {} : { text }),
  };
}

/** A node for a plain scalar. */
export function plainScalar({ value, text, inexact }: PlainValue, source: Source): Node {
  const made = scalar(value, source, text);
  return inexact === true ? { ...made, inexact } : made;
}

/** The same string, without templates. */
export function unsafe(node: Node): Node {
  if (node.refusal !== undefined || node.encrypted === true) return node;
  if (typeof node.value === "string") return { ...node, unsafe: true, dynamic: false };
  if (node.children === undefined) return node;
  const children = new Map([...node.children].map(([key, child]) => [key, unsafe(child)]));
  return { ...node, children, dynamic: [...children.values()].some((child) => child.dynamic) };
}

/** A node for a list. */
export function list(items: readonly Node[], source: Source): Node {
  return {
    value: items.map((item) => item.value),
    source,
    children: new Map(items.map((item, index) => [String(index), item])),
    dynamic: items.some((item) => item.dynamic),
    size: items.reduce((sum, item) => sum + item.size, 1),
    ...(items.some((item) => item.broken) ? { broken: true as const } : {}),
  };
}

/** A node for a mapping. */
export function mapping(
  children: ReadonlyMap<string, Node>,
  keys: ReadonlyMap<string, Key>,
  source: Source,
): Node {
  const value: Record<string, Json> = Object.create(null);
  let dynamic = false;
  let size = 1;
  let lost = false;
  for (const [key, child] of children) {
    value[key] = child.value;
    dynamic ||= child.dynamic;
    size += child.size;
    lost ||= child.broken === true;
  }
  const made = { value, source, children, keys, dynamic, size };
  return lost ? broken(made) : made;
}

/** Merges two mappings at every depth: the later one wins, lists are replaced. Other values: the later one. */
export function mergedNode(before: Node, later: Node): Node {
  if (!isMapping(before) || !isMapping(later) || isWhole(before) || isWhole(later)) return later;
  const children = new Map(before.children);
  for (const [name, child] of later.children) {
    const known = children.get(name);
    children.set(name, known === undefined ? child : mergedNode(known, child));
  }
  const made = mapping(children, new Map([...before.keys, ...later.keys]), later.source);
  return before.broken === true || later.broken === true ? broken(made) : made;
}

/** A value of ansible-vault is stored as a mapping, but is not one. */
const isWhole = (node: Node): boolean => node.refusal !== undefined;

/** True for mappings. */
export function isMapping(node: Node): node is Node & Required<Pick<Node, "children" | "keys">> {
  return node.keys !== undefined;
}

/** The type of a value, for messages. */
export function typeName(value: Json | undefined): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "string":
      return "text";
    case "number":
      return `a number (${value})`;
    case "boolean":
      return `a boolean (${value})`;
    default:
      return "a mapping";
  }
}

/** Whether a plain value is a mapping. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The position of a mapping's key; that of the mapping if it is unknown. */
export function keySource(origin: Origin, key: string): Source {
  if ("keys" in origin && origin.keys instanceof Map) {
    const found: unknown = origin.keys.get(key);
    if (isKey(found)) return found.source;
  }
  return origin.children?.get(key)?.source ?? origin.source;
}

/** The position of a variable's name, because its value may start on the next line. */
export function nameSource(origin: Origin): Source {
  return "key" in origin && isSource(origin.key) ? origin.key : origin.source;
}

function isSource(value: unknown): value is Source {
  return typeof value === "object" && value !== null && "file" in value && "line" in value && "col" in value;
}

function isKey(value: unknown): value is Key {
  return typeof value === "object" && value !== null && "source" in value && "kind" in value;
}

/** Compares text by code point, like Python. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  // UTF-16 order differs from code point order only between surrogates and the characters above them.
  if (/[\ud800-\uffff]/.test(a) || /[\ud800-\uffff]/.test(b))
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}
