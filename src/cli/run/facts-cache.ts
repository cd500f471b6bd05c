import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { replaceFile } from "../../base/replace-file.ts";
import type { Facts } from "../../model/facts.ts";
import { factsFromJson, factsToJson, type Recall } from "../../run/connect/facts-cache.ts";

/** Facts kept between runs, in the user's cache folder: one file for each set of inventories. */
export interface KeptRecall extends Recall {
  /** Writes down what has changed. Best effort: without it the next run is a round trip slower, and nothing else. */
  keep(): void;
}

/** `inventory`: the paths given with `-i`; different projects may have hosts of the same name. */
export function openRecall(inventory: readonly string[]): KeptRecall {
  const folder = cacheFolder("facts");
  const name = createHash("sha256")
    .update(inventory.map((path) => resolve(path)).join("\n"))
    .digest("hex");
  const file = join(folder, `${name.slice(0, 16)}.json`);
  const known = readFacts(file);
  const before = JSON.stringify(Object.fromEntries(known));
  return {
    facts: (host) => factsFromJson(known.get(host)),
    remember: (host: string, facts: Facts) => void known.set(host, factsToJson(facts)),
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

/**
 * A folder for what is loaded as code: this very user's, and nobody else may write to it. `undefined`: there can be none,
 * and what would be kept is made again each time.
 */
export function privateCacheFolder(name: string): string | undefined {
  const folder = cacheFolder(name);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(folder);
    const ours = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
    return ours ? folder : undefined;
  } catch {
    return undefined;
  }
}

const cacheFolder = (name: string): string =>
  join(process.env.XDG_CACHE_HOME || join(home(), ".cache"), "provision", name);

/** In a container a process may run as a number that no user has, and without HOME. */
function home(): string {
  try {
    return homedir();
  } catch {
    return join(tmpdir(), `provision-${process.getuid?.() ?? "user"}`);
  }
}

function readFacts(file: string): Map<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
  } catch {
    return new Map();
  }
}
