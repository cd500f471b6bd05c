import { searchFor } from "./search.ts";
import { secretPatterns } from "./secret-patterns.ts";

/** Shorter ones stand everywhere by accident, and replacing them would give them away. */
const SHORTEST = 6;
/** Shorter ones are not looked for in base64: three of their letters are four others, which may be any word. */
const SHORTEST_ENCODED = 8;

/** Takes secrets out of what is shown. */
export interface Redactor {
  text(text: string): string;
  /** The same value, or a copy without the secrets in it: strings in lists, records and maps; bytes stay. */
  value<T>(value: T): T;
}

/** Replaces these values by `[secret]`, also as JSON, a URL, a quoted word of a shell or base64 would hold them. */
export function newRedactor(values: readonly string[]): Redactor {
  const patterns = secretPatterns(values, SHORTEST).flatMap(encodings);
  if (patterns.length === 0) return { text: (text) => text, value: (value) => value };
  const sought = [...new Set(patterns)];
  const holds = searchFor(sought);
  let pattern: RegExp | undefined;
  const text = (one: string): string => {
    if (!holds(one)) return one;
    // Made at need: most runs have nothing to hide. The longest first, as one may be the beginning of another.
    pattern ??= new RegExp(
      sought
        .sort((a, b) => b.length - a.length)
        .map(escaped)
        .join("|"),
      "g",
    );
    return one.replace(pattern, "[secret]");
  };
  const known = new WeakMap<object, unknown>();
  return {
    text,
    value(value) {
      const copy = walk(value, text, known);
      return hasShapeOf(copy, value) ? copy : value;
    },
  };
}

function encodings(pattern: string): readonly string[] {
  const plain = /^[A-Za-z0-9]+$/.test(pattern);
  const base64 = Buffer.from(pattern).toString("base64").replace(/=+$/, "");
  return [
    pattern,
    ...(pattern.length < SHORTEST_ENCODED ? [] : [base64]),
    ...(plain ? [] : [JSON.stringify(pattern).slice(1, -1), encodeURIComponent(pattern.toWellFormed())]),
    ...(plain ? [] : [pattern.replaceAll("'", "'\\''")]),
  ];
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");

/** A copy that differs in its strings only. */
function hasShapeOf<T>(copy: unknown, original: T): copy is T {
  return typeof copy === typeof original;
}

/** Gives back the very same object where nothing in it is secret. Objects come again and again: a plan in each event. */
function walk(value: unknown, text: (one: string) => string, known: WeakMap<object, unknown>): unknown {
  if (typeof value === "string") return text(value);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (known.has(value)) return known.get(value);
  const copy = copyOf(value, (inner) => walk(inner, text, known));
  known.set(value, copy);
  return copy;
}

function copyOf(value: object, visit: (inner: unknown) => unknown): object {
  let changed = false;
  const visited = (inner: unknown): unknown => {
    const copy = visit(inner);
    changed ||= copy !== inner;
    return copy;
  };
  if (Array.isArray(value)) {
    const list = value.map(visited);
    return changed ? list : value;
  }
  if (value instanceof Map) {
    const map = new Map([...value].map(([key, inner]) => [key, visited(inner)]));
    return changed ? map : value;
  }
  const record = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, visited(inner)]));
  return changed ? record : value;
}
