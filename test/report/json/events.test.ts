import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readEvents } from "../../../scripts/docs/event-types.mjs";
import { eventJson } from "../../../src/report/json/event-json.ts";
import { badInputLine, createJson } from "../../../src/report/json/json.ts";
import { jsonText } from "../../../src/report/printable.ts";
import { play } from "../play.ts";
import { scripts } from "../scripts.ts";

interface ShapeDoc {
  readonly says: string;
  readonly fields: Readonly<Record<string, string>>;
}
type Docs = Readonly<Record<string, ShapeDoc>>;
interface Read {
  readonly groups: readonly { readonly title: string; readonly events: Docs }[];
  readonly records: Docs;
  readonly shapes: Docs;
}
const read: Read = readEvents(resolve(import.meta.dirname, "../../.."));
const { groups, records: recordDocs, shapes: shapeDocs } = read;
const eventDocs: Docs = Object.assign({}, ...groups.map(({ events }) => events));
type Line = Readonly<Record<string, unknown>>;

async function lines(): Promise<readonly Line[]> {
  const played = await Promise.all(scripts.map((script) => play(createJson, script)));
  const told = played.flatMap(({ text }) => text.trimEnd().split("\n"));
  // No run sends it: its hosts fail instead.
  const alone = jsonText({ at: 0, ...eventJson({ type: "failed", service: "sql", failure }) });
  return [...told, alone].map((line): Line => JSON.parse(line));
}
const failure = { code: "refused", message: "db1 takes writes: it is not dead" } as const;

/** Field names as documented; those that may be absent end in `?`. */
function expectDocumented(doc: ShapeDoc | undefined, what: object, name: string): void {
  const documented = Object.keys(doc?.fields ?? {});
  for (const field of Object.keys(what)) {
    expect(
      documented.map((one) => one.replace("?", "")),
      `${name}.${field} is not documented`,
    ).toContain(field);
  }
  for (const field of documented.filter((one) => !one.endsWith("?"))) {
    expect(Object.keys(what), `${name}.${field} is documented, and missing`).toContain(field);
  }
}

/** The shape of an object, or of a list of objects, by the name of its field. */
const shapeIn: Readonly<Record<string, string>> = {
  change: "Change",
  changes: "Change",
  left: "Change",
  fields: "Field",
  failure: "Failure",
  stage: "Stage",
  stages: "Stage",
  problems: "Problem",
};

/** Every object inside a line, with the name of its shape. */
function shapesIn(value: unknown, key = ""): readonly (readonly [string, object])[] {
  if (Array.isArray(value)) return value.flatMap((one) => shapesIn(one, key));
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.entries(value).flatMap(([field, child]) => shapesIn(child, field));
  const name =
    key === "hosts" ? hostShape(value) : key === "left" && "why" in value ? undefined : shapeIn[key];
  return name === undefined ? inner : [[name, value], ...inner];
}

const hostShape = (value: object): string => ("outcome" in value ? "HostReport" : "HostPlan");

describe("docs/events.md", () => {
  it("describes every event, every shape and each of their fields", () => {
    expect(groups.map(({ title }) => title.length > 0)).not.toContain(false);
    for (const [name, { says, fields }] of Object.entries({ ...recordDocs, ...eventDocs, ...shapeDocs }))
      for (const [field, text] of [["says", says], ...Object.entries(fields)])
        expect(text, `${name}.${field}`).toMatch(/^[A-Z`].*[.…]$/);
  });

  it("documents every field of every line, and no other field", async () => {
    const seen = new Set<string>();
    for (const line of await lines()) {
      const { at, version, type, ...fields } = line;
      expect(at).toEqual(expect.any(Number));
      expect(version).toBe(type === "run-started" ? 1 : undefined);
      seen.add(String(type));
      const doc = Object.entries(eventDocs).find(([name]) => name === type)?.[1];
      expectDocumented(doc, fields, String(type));
      for (const [name, shape] of shapesIn(line)) {
        seen.add(name);
        expectDocumented(shapeDocs[name], shape, name);
      }
    }
    const { type, ...record }: Line = JSON.parse(
      badInputLine([
        {
          severity: "error",
          message: "m",
          hint: "h",
          source: { file: "f.yml", line: 2, col: 3, endCol: 5 },
          excerpt: "secret: x",
        },
      ]),
    );
    expect(record).toEqual({ problems: [{ message: "m", file: "f.yml", line: 2, col: 3, hint: "h" }] });
    expectDocumented(recordDocs["bad-input"], record, String(type));
    for (const [name, shape] of shapesIn(record)) {
      seen.add(name);
      expectDocumented(shapeDocs[name], shape, name);
    }
    expect(badInputLine([{ severity: "error", message: "m" }])).toBe(
      '{"type":"bad-input","problems":[{"message":"m"}]}\n',
    );
    // A type that occurs in no test run is not proven to be documented.
    expect([...seen].sort()).toEqual([...Object.keys(eventDocs), ...Object.keys(shapeDocs)].sort());
  });
});
