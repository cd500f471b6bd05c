import { printable } from "../base/text.ts";

/**
 * What can do more to a terminal than show letters: control characters (line ends and tabs stand for themselves), C1 controls,
 * line separators, and the marks that turn writing direction.
 */
const unprintable = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/** The same text, line by line, with nothing in it that a terminal would obey. */
export function printableText(text: string): string {
  return unprintable.test(text) ? text.split("\n").map(printable).join("\n") : text;
}

/** Makes values printable: each of their texts, in lists, records and the values of maps. */
export interface Printer {
  /** The same value, or a copy that differs in such texts only; bytes stay. */
  value<T>(value: T): T;
}

/**
 * The one place through which all goes that a host has said before a person sees it. Objects come again and again, a plan in
 * each event: each is looked through once.
 */
export function newPrinter(): Printer {
  const known = new WeakMap<object, unknown>();
  return {
    value(value) {
      const copy = walk(value, known);
      return hasShapeOf(copy, value) ? copy : value;
    },
  };
}

/** A copy that differs in its strings only. */
function hasShapeOf<T>(copy: unknown, original: T): copy is T {
  return typeof copy === typeof original;
}

function walk(value: unknown, known: WeakMap<object, unknown>): unknown {
  if (typeof value === "string") return printableText(value);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (known.has(value)) return known.get(value);
  const copy = copyOf(value, known);
  known.set(value, copy);
  return copy;
}

function copyOf(value: object, known: WeakMap<object, unknown>): object {
  let changed = false;
  const visited = (inner: unknown): unknown => {
    const copy = walk(inner, known);
    changed ||= copy !== inner;
    return copy;
  };
  const copy = Array.isArray(value)
    ? value.map(visited)
    : value instanceof Map
      ? new Map([...value].map(([key, inner]) => [key, visited(inner)]))
      : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, visited(inner)]));
  return changed ? copy : value;
}

/** As `unprintable`, without those that JSON writes as an escape by itself. */
const unescaped = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** JSON that a terminal may be shown: what it would obey stands as an escape. `indent`: spaces a level; one line if left out. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    unescaped,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
