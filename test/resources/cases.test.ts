import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Kind } from "../../src/model/kind.ts";
import type { Change } from "../../src/model/plan.ts";
import type { Observed, Resource, ResourceId, State, Trigger } from "../../src/model/resource.ts";
import { kinds } from "../../src/resources/kinds.ts";
import { idOf } from "../../src/resources/resource.ts";
import { kindOf, plan } from "./run.ts";

/**
 * One file of test/cases/<kind>/. With `output`: what the host printed, and what must be read from it. With `script`:
 * what was observed, the change that the planner makes of it, and the lines by which the converge script differs from
 * one that does nothing. `doing nothing` needs no script.
 */
interface Case {
  readonly resources: readonly CaseResource[];
  /** Lines. */
  readonly output?: readonly string[];
  /** By key. */
  readonly observed: Readonly<Record<string, Observed>>;
  /** By key. */
  readonly marks?: Readonly<Record<string, Trigger>>;
  /** `action field,field` of each change. */
  readonly changes?: readonly string[];
  readonly script?: readonly string[];
  /** What travels beside the script, as text. */
  readonly input?: readonly string[];
}

interface CaseResource extends Omit<Resource, "kind" | "payload" | "desired"> {
  readonly desired: State | null;
  readonly payload?: Omit<NonNullable<Resource["payload"]>, "content" | "stdin"> & {
    readonly content?: string;
    readonly stdin?: string;
  };
}

const root = join(import.meta.dirname, "../cases");
const folders = readdirSync(root).filter((name) => kinds.has(name));

function resourcesOf(kind: string, { resources }: Case): readonly Resource[] {
  const bytes = (text: string): { bytes: Uint8Array } => ({ bytes: new TextEncoder().encode(text) });
  return resources.map(({ payload, ...rest }) => {
    const { content, stdin, ...more } = payload ?? {};
    const inputs = {
      ...(content === undefined ? {} : { content: bytes(content) }),
      ...(stdin === undefined ? {} : { stdin: bytes(stdin) }),
    };
    return { kind, ...rest, payload: { ...more, ...inputs } };
  });
}

function changesOf(resources: readonly Resource[], { observed, marks = {} }: Case): readonly Change[] {
  const byId = <T>(all: Readonly<Record<string, T>>): ReadonlyMap<ResourceId, T> =>
    new Map(
      resources.flatMap((resource) =>
        all[resource.key] === undefined ? [] : [[idOf(resource), all[resource.key]] as [ResourceId, T]],
      ),
    );
  return plan(resources, byId(observed), byId(marks));
}

/** The lines that are not also in a script for no change at all. */
function ownLines(kind: Kind, changes: readonly Change[]): readonly string[] {
  const idle = kind.converge([]).text.split("\n");
  const lines = kind.converge(changes).text.split("\n");
  let [from, to] = [0, 0];
  while (from < idle.length && lines[from] === idle[from]) from += 1;
  while (to < idle.length - from && lines.at(-1 - to) === idle.at(-1 - to)) to += 1;
  return lines.slice(from, lines.length - to);
}

describe("cases", () => {
  it("there are some of every kind", () => {
    expect(folders.sort()).toEqual([...kinds.keys()].sort());
  });

  describe.each(folders)("%s", (name) => {
    const files = readdirSync(join(root, name)).filter((file) => file.endsWith(".json"));

    it.each(files)("%s", (file) => {
      const one: Case = JSON.parse(readFileSync(join(root, name, file), "utf8"));
      const resources = resourcesOf(name, one);
      const [first] = resources;
      if (first === undefined) throw new Error("a case needs a resource");
      const kind = kindOf(first);
      if (one.output !== undefined)
        expect(Object.fromEntries(kind.parse(one.output.join("\n"), resources))).toEqual(one.observed);
      if (one.changes === undefined) return;
      const changes = changesOf(resources, one);
      expect(
        changes.map(({ action, fields }) => `${action} ${fields.map(({ field }) => field).join(",")}`.trim()),
      ).toEqual(one.changes);
      if (changes.length === 0) return;
      expect(ownLines(kind, changes)).toEqual(one.script);
      expect(kind.converge(changes).input.map((part) => new TextDecoder().decode(part))).toEqual(
        one.input ?? [],
      );
    });

    it("acts in one case, and does nothing in another", () => {
      const all = files.map((file): Case => JSON.parse(readFileSync(join(root, name, file), "utf8")));
      expect(all.some(({ changes }) => changes?.length === 0)).toBe(true);
      expect(all.some(({ script }) => script !== undefined)).toBe(true);
      expect(all.some(({ output }) => output !== undefined)).toBe(true);
    });
  });
});
