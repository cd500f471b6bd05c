import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  eventDocs,
  eventsPage,
  recordDocs,
  type ShapeDoc,
  shapeDocs,
} from "../../src/report/json/event-docs.ts";
import { badInputLine, createJson } from "../../src/report/json/json.ts";
import { play } from "./play.ts";
import { scripts } from "./scripts.ts";

const root = join(import.meta.dirname, "../..");
type Line = Readonly<Record<string, unknown>>;

async function lines(): Promise<readonly Line[]> {
  const played = await Promise.all(scripts.map((script) => play(createJson, script)));
  return played.flatMap(({ text }) =>
    text
      .trimEnd()
      .split("\n")
      .map((line): Line => JSON.parse(line)),
  );
}

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

type ShapeName = keyof typeof shapeDocs;
/** The field that an object, or a list of objects, stands in tells its shape. */
const shapeIn: Readonly<Record<string, ShapeName>> = {
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
function shapesIn(value: unknown, key = ""): readonly (readonly [ShapeName, object])[] {
  if (Array.isArray(value)) return value.flatMap((one) => shapesIn(one, key));
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.entries(value).flatMap(([field, child]) => shapesIn(child, field));
  const name = key === "hosts" ? hostShape(value) : shapeIn[key];
  return name === undefined ? inner : [[name, value], ...inner];
}

const hostShape = (value: object): ShapeName => ("outcome" in value ? "HostReport" : "HostPlan");

describe("docs/events.md", () => {
  it("is up to date", () => {
    const path = join(root, "docs/events.md");
    if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, eventsPage());
    expect(readFileSync(path, "utf8")).toBe(eventsPage());
  });

  it("has a section for every type of event that the model has, and for no other", () => {
    const model = readFileSync(join(root, "src/model/event.ts"), "utf8");
    const types = [...model.matchAll(/readonly type: "([a-z-]+)"/g)].map((match) => match[1]);
    expect(types.length).toBeGreaterThan(10);
    expect(Object.keys(eventDocs).sort()).toEqual(types.sort());
  });

  it("documents every field of every line, and none that is not there", async () => {
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
    // A type that no test tells is not proven to be documented.
    expect([...seen].sort()).toEqual([...Object.keys(eventDocs), ...Object.keys(shapeDocs)].sort());
  });
});
