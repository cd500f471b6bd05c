import { searchFor } from "./search.ts";
import { secretPatterns } from "./secret-patterns.ts";

/** Shorter values also occur by accident, and replacing these occurrences would reveal the value. */
const MIN_LENGTH = 6;
/** Shorter values are not searched in base64, where a short text may be any word. */
const MIN_BASE64_LENGTH = 8;

/** Replaces secrets in everything that is shown. */
export interface Redactor {
  text(text: string): string;
  /** Redacts the strings in lists, records and maps, but not in bytes. Returns the same object if it contains no secret. */
  value<T>(value: T): T;
}

/** Replaces these values with `[secret]`, also their forms in JSON, a URL, a quoted shell word and base64. */
export function newRedactor(values: readonly string[]): Redactor {
  const patterns = secretPatterns(values, MIN_LENGTH).flatMap(encodings);
  if (patterns.length === 0) return { text: (text) => text, value: (value) => value };
  const forms = [...new Set(patterns)];
  const containsSecret = searchFor(forms);
  let pattern: RegExp | undefined;
  const text = (one: string): string => {
    if (!containsSecret(one)) return one;
    // Compiled for the first match, because most runs show no secret. Longest first: a value may begin with another one.
    pattern ??= new RegExp(
      forms
        .sort((a, b) => b.length - a.length)
        .map(escapeRegExp)
        .join("|"),
      "g",
    );
    return one.replace(pattern, "[secret]");
  };
  const cache = new WeakMap<object, unknown>();
  return {
    text,
    value(value) {
      const copy = redact(value, text, cache);
      return hasShapeOf(copy, value) ? copy : value;
    },
  };
}

function encodings(pattern: string): readonly string[] {
  const plain = /^[A-Za-z0-9]+$/.test(pattern);
  const base64 = Buffer.from(pattern).toString("base64").replace(/=+$/, "");
  return [
    pattern,
    ...(pattern.length < MIN_BASE64_LENGTH ? [] : [base64]),
    ...(plain ? [] : [JSON.stringify(pattern).slice(1, -1), encodeURIComponent(pattern.toWellFormed())]),
    ...(plain ? [] : [pattern.replaceAll("'", "'\\''")]),
  ];
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");

/** Tells the compiler that a copy has the type of its original: only strings differ. */
function hasShapeOf<T>(copy: unknown, original: T): copy is T {
  return typeof copy === typeof original;
}

/** Remembers objects that it has redacted, because many events contain the same plan. */
function redact(value: unknown, text: (one: string) => string, cache: WeakMap<object, unknown>): unknown {
  if (typeof value === "string") return text(value);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (cache.has(value)) return cache.get(value);
  const copy = mapInner(value, (inner) => redact(inner, text, cache));
  cache.set(value, copy);
  return copy;
}

function mapInner(value: object, visit: (inner: unknown) => unknown): object {
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
