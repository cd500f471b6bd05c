import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { z } from "zod";
import { roles } from "../../../roles/index.ts";
import type { Json } from "../../../src/model/json.ts";
import type { Resource } from "../../../src/model/resource.ts";
import { type HostSpec, scenarioOf } from "../scenario.ts";
import { lawSecrets } from "./secrets.ts";
import { edgesOf, type Given, type Stand, valuesOf } from "./values.ts";

/** Files of one host that a checker looks at together: path on the host → text. */
export type Sheet = ReadonlyMap<string, string>;

/** A daemon's own checker, as the law asks it. */
export interface Judge {
  readonly name: string;
  /** What it looks at, of all that is wanted of a host; equal ones are judged once. */
  sheets(resources: readonly Resource[]): readonly Sheet[];
  /** For each of the sheets: what the checker has against it, or nothing. */
  ask(sheets: readonly Sheet[], folder: string): Promise<readonly (string | undefined)[]>;
}

/** How the law is tried for one role: one file of `roles/` each. */
export interface RoleLaw {
  readonly role: string;
  /** Values in place of those that no schema can know: of files, of lines in a daemon's own language. Path → values. */
  readonly stand?: Stand;
  /**
   * The stack around the values, with `size` hosts of what the role uses. The first host is the one that is asked. `round`
   * counts the values, for what shall differ from one to the next.
   */
  stack(vars: Json, size: number, round: number): Readonly<Record<string, HostSpec>>;
  /** Checkers of what the role writes. */
  readonly judges: readonly Judge[];
}

/** What was tried, and what broke the law. */
export interface Outcome {
  /** Values that were given to the role. */
  readonly values: number;
  /** Those that the schemas, the topology or the roles refused before any host would have been contacted. */
  readonly refused: number;
  /** Checker → different sheets it was asked about. */
  readonly asked: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
}

/** Mostly one and two hosts; 70 and 300 take their time. */
const sizeOf = (round: number): number =>
  round % 100 === 99 ? 300 : round % 40 === 39 ? 70 : 1 + (round % 2);

/** So many values are given to the checkers together: what is found is told early, and memory stays small. */
const batch = 1_000;

/**
 * Tries every edge of a role's schema, and `count` values at random, or more until so many were not refused. The same seed
 * makes the same values. `told` hears after each batch what was found so far.
 */
export async function tryRole(
  law: RoleLaw,
  count: number,
  seed: number,
  told: (outcome: Outcome) => void = () => undefined,
): Promise<Outcome> {
  const { vars } = roles.get(law.role) ?? {};
  if (!(vars instanceof z.ZodType)) throw new Error(`no role ${law.role} with a schema of zod`);
  const stand = law.stand ?? {};
  const random = valuesOf(vars, stand);
  const trial = new Trial(law);
  const tryAll = async (values: readonly Given[], enough: () => boolean): Promise<void> => {
    for (let first = 0; first < values.length; first += batch) {
      values.slice(first, first + batch).forEach((value) => void trial.make(value));
      await trial.judge();
      told(trial.outcome());
      if (enough()) return;
    }
  };
  await tryAll(edgesOf(vars, stand), () => false);
  // Where many are refused in time, more are drawn, so that as many are judged.
  for (let more = 0; more === 0 || (more < 6 && trial.accepted < count); more++)
    await tryAll(
      fc.sample(random, { numRuns: count, seed: seed + more }),
      () => more > 0 && trial.accepted >= count,
    );
  return trial.outcome();
}

/** What was made of the values of one role so far, and what the checkers said of it. */
class Trial {
  readonly #law: RoleLaw;
  #values = 0;
  #refused = 0;
  readonly #faults = new Map<string, string>();
  readonly #asked: Map<string, number>;
  /** Checker → digests of what it was asked before. */
  readonly #known: readonly Set<string>[];
  #waiting: { readonly sheet: Sheet; readonly value: Given }[][];

  constructor(law: RoleLaw) {
    this.#law = law;
    this.#asked = new Map(law.judges.map(({ name }) => [name, 0]));
    this.#known = law.judges.map(() => new Set());
    this.#waiting = law.judges.map(() => []);
  }

  get accepted(): number {
    return this.#values - this.#refused;
  }

  outcome(): Outcome {
    const [values, refused] = [this.#values, this.#refused];
    return { values, refused, asked: this.#asked, faults: [...this.#faults.values()] };
  }

  /** Makes the files of one value; the checkers look at them later. */
  make(value: Given): void {
    const wanted = wantedOf(this.#law, value, this.#values++);
    if (typeof wanted === "string") this.#fault(value, wanted);
    else if (wanted === undefined) this.#refused++;
    else
      this.#law.judges.forEach((judge, index) => {
        for (const sheet of judge.sheets(wanted)) {
          const key = createHash("sha256")
            .update(JSON.stringify([...sheet]))
            .digest("base64");
          if (!this.#known[index]?.has(key)) this.#waiting[index]?.push({ sheet, value });
          this.#known[index]?.add(key);
        }
      });
  }

  /** Gives the checkers what was made since they were asked last. */
  async judge(): Promise<void> {
    const all = this.#waiting;
    this.#waiting = this.#law.judges.map(() => []);
    for (const [index, judge] of this.#law.judges.entries()) {
      const some = all[index] ?? [];
      this.#asked.set(judge.name, (this.#asked.get(judge.name) ?? 0) + some.length);
      if (some.length === 0) continue;
      const sheets = some.map(({ sheet }) => sheet);
      const answers = await inFolder((folder) => judge.ask(sheets, folder));
      answers.forEach((words, at) => {
        if (words !== undefined) this.#fault(some[at]?.value, `${judge.name} refuses: ${words}`);
      });
    }
  }

  #fault(value: Given, words: string): void {
    const kind = kindOf(words);
    const told = `${words.slice(0, 1000)}\n  with ${this.#law.role}: ${shortened(value)}`;
    if (!this.#faults.has(kind)) this.#faults.set(kind, told);
  }
}

/** The first host's resources; nothing: refused in time; words: refused too late, or not in words. */
function wantedOf(law: RoleLaw, value: Given, round: number): readonly Resource[] | string | undefined {
  try {
    const scenario = scenarioOf(law.stack(value ?? {}, sizeOf(round), round), { secrets: lawSecrets });
    if (!scenario.ok) return undefined;
    const wanted = [...scenario.value.values()][0]?.();
    if (wanted === undefined) throw new Error("the stack has no host");
    return wanted.ok
      ? wanted.value
      : `refused only when the host has been contacted: ${wanted.error.message}`;
  } catch (error) {
    return `a bug: ${error instanceof Error ? error.stack : error}`;
  }
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "law-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same complaint of other values is told once: its plain words, without what is in quotes, numbers and names. */
const kindOf = (words: string): string =>
  words
    .replaceAll(/(["'`]).*?\1/g, "")
    .split(/\s+/)
    .filter((word) => /^[A-Za-z]+[:,.]?$/.test(word))
    .slice(0, 14)
    .join(" ");

function shortened(value: Given): string {
  const text = JSON.stringify(value ?? {});
  return text.length > 700 ? `${text.slice(0, 700)}…` : text;
}
