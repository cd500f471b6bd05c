import { isDeepStrictEqual } from "node:util";
import type { Facts } from "../../model/facts.ts";

/**
 * Facts of earlier runs. What to observe can be made from them before the host has answered; the observation counts only if
 * the host's own facts turn out to be the same. Used for nothing else.
 */
export interface FactsCache {
  facts(host: string): Facts | undefined;
  put(host: string, facts: Facts): void;
}

/** For runs without a cache. */
export const noFactsCache: FactsCache = { facts: () => undefined, put: () => {} };

/** Facts as JSON can hold them. */
export function factsToJson(facts: Facts): unknown {
  return { ...facts, role: Object.fromEntries(facts.role) };
}

/** The way back. What is no facts at all is harmless: it equals no host's. */
export function factsFromJson(value: unknown): Facts | undefined {
  if (typeof value !== "object" || value === null || !("role" in value) || !("addresses" in value))
    return undefined;
  const { role, addresses } = value;
  if (typeof role !== "object" || role === null || !Array.isArray(addresses)) return undefined;
  if (!("os" in value) || typeof value.os !== "object" || value.os === null) return undefined;
  // Whatever else is in it, it is only given to roles, whose answer is dropped unless the host confirms every field.
  return { ...(value as Facts), role: new Map(Object.entries(role)) };
}

export function sameFacts(a: Facts, b: Facts): boolean {
  return isDeepStrictEqual(a, b);
}
