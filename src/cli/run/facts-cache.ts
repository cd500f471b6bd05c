import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { replaceFile } from "../../base/replace-file.ts";
import type { Facts } from "../../model/facts.ts";
import { type FactsCache, factsFromJson, factsToJson } from "../../run/connect/facts-cache.ts";
import { cacheFolder } from "../cache-folder.ts";

/** Facts of earlier runs, in the user's cache folder: a file for each set of inventories. */
export interface KeptFactsCache extends FactsCache {
  /** Saves changes. If that fails, the next run only takes one more round trip. */
  keep(): void;
}

/** `inventory`: the paths of `-i`, because different projects may have hosts of the same name. */
export function openFactsCache(inventory: readonly string[]): KeptFactsCache {
  const folder = cacheFolder("facts");
  const name = createHash("sha256")
    .update(inventory.map((path) => resolve(path)).join("\n"))
    .digest("hex");
  const file = join(folder, `${name.slice(0, 16)}.json`);
  const known = readFacts(file);
  const before = JSON.stringify(Object.fromEntries(known));
  return {
    facts: (host) => factsFromJson(known.get(host)),
    put: (host: string, facts: Facts) => void known.set(host, factsToJson(facts)),
    keep() {
      const text = JSON.stringify(Object.fromEntries(known));
      if (text === before) return;
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        replaceFile(file, text, { mode: 0o600 });
      } catch {}
    },
  };
}

function readFacts(file: string): Map<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
  } catch {
    return new Map();
  }
}
