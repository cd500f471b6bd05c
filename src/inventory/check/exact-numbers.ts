import type { Json } from "../../model/json.ts";
import type { Origin } from "../../model/source.ts";

/** The text of a number that JavaScript cannot represent exactly; undefined for all other values. */
function allDigits(origin: Origin | undefined): string | undefined {
  return origin !== undefined && "inexact" in origin && "text" in origin ? String(origin.text) : undefined;
}

/** The value with text in place of such numbers; the same value if there are none. */
export function withAllDigits(value: Json, origin: Origin): Json {
  const text = allDigits(origin);
  if (text !== undefined) return text;
  if (typeof value !== "object" || value === null || !hasInexact(origin)) return value;
  const inner = (key: string, one: Json): Json => {
    const from = origin.children?.get(key);
    return from === undefined ? one : withAllDigits(one, from);
  };
  if (Array.isArray(value)) return value.map((one: Json, index) => inner(String(index), one));
  const made: Record<string, Json> = Object.create(null);
  for (const [key, one] of Object.entries(value)) made[key] = inner(key, one);
  return made;
}

function hasInexact(origin: Origin): boolean {
  if ("inexact" in origin) return true;
  return [...(origin.children?.values() ?? [])].some(hasInexact);
}
