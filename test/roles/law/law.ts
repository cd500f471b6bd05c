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

/** Tries every edge of a role's schema, and `count` values at random, or more until so many were not refused. The same seed makes the same values. */
export async function tryRole(law: RoleLaw, count: number, seed: number): Promise<Outcome> {
  const { vars } = roles.get(law.role) ?? {};
  if (!(vars instanceof z.ZodType)) throw new Error(`no role ${law.role} with a schema of zod`);
  const stand = law.stand ?? {};
  const random = valuesOf(vars, stand);
  const found = new Map<string, string>();
  const fault = (value: Given, words: string): void => {
    const kind = kindOf(words);
    if (!found.has(kind)) found.set(kind, `${words.slice(0, 1000)}\n  with ${law.role}: ${shortened(value)}`);
  };
  const sheets = law.judges.map(() => new Map<string, { readonly sheet: Sheet; readonly value: Given }>());
  let [values, refused] = [0, 0];
  const tryOne = (value: Given): void => {
    const wanted = wantedOf(law, value, values++);
    if (typeof wanted === "string") fault(value, wanted);
    else if (wanted === undefined) refused++;
    else
      law.judges.forEach((judge, index) => {
        for (const sheet of judge.sheets(wanted)) {
          const key = JSON.stringify([...sheet]);
          if (!sheets[index]?.has(key)) sheets[index]?.set(key, { sheet, value });
        }
      });
  };
  edgesOf(vars, stand).forEach(tryOne);
  // Where many are refused in time, more are drawn, so that as many are judged.
  for (let more = 0; more === 0 || (more < 6 && values - refused < count); more++)
    fc.sample(random, { numRuns: count, seed: seed + more }).forEach(tryOne);
  const asked = new Map<string, number>();
  for (const [index, judge] of law.judges.entries()) {
    const all = [...(sheets[index]?.values() ?? [])];
    asked.set(judge.name, all.length);
    const answers = await inFolder((folder) =>
      judge.ask(
        all.map(({ sheet }) => sheet),
        folder,
      ),
    );
    answers.forEach((words, at) => {
      if (words !== undefined) fault(all[at]?.value, `${judge.name} refuses: ${words}`);
    });
  }
  return { values, refused, asked, faults: [...found.values()] };
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
