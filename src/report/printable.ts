import { printable } from "../base/text.ts";

/**
 * Characters that control a terminal: C0 except line ends and tabs, C1, line separators, and marks that change the writing
 * direction.
 */
const unprintable = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/** The same text without characters that control a terminal. */
export function printableText(text: string): string {
  return unprintable.test(text) ? text.split("\n").map(printable).join("\n") : text;
}

/** Makes all texts in a value printable, also those in lists, records and maps. */
export interface Printer {
  /** The same value, or a copy with printable texts. Bytes stay unchanged. */
  value<T>(value: T): T;
}

/**
 * All text from hosts passes through a printer before a person sees it. A printer remembers objects, because the same plan is in
 * many events.
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

/** A copy has the type of its original: only its strings differ. */
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

/** As `unprintable`, without the characters that `JSON.stringify` escapes. */
const unescaped = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** JSON that is safe to print: characters that control a terminal are escaped. `indent`: spaces for each level; default: one line. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    unescaped,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
