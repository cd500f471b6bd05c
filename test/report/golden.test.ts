import { describe, expect, it } from "vitest";
import { createJson } from "../../src/report/json/json.ts";
import { createNagios } from "../../src/report/nagios.ts";
import { createPlain } from "../../src/report/plain/plain.ts";
import { expectGolden, expectOnly } from "./golden.ts";
import { play } from "./play.ts";
import { scripts } from "./scripts.ts";

const widths = [40, 80, 120] as const;

describe("plain", () => {
  const cases = scripts.flatMap((script) =>
    widths.map((columns) => ({ script, columns, name: `${script.name}.${columns}.${script.exit}.txt` })),
  );
  it.each(cases)("$name", async ({ script, columns, name }) => {
    const { text, exit } = await play(createPlain, script, { columns });
    expect(exit).toBe(script.exit);
    expectGolden("plain", name, text);
  });

  it("cuts nothing if the width of the terminal is 0", async () => {
    for (const script of scripts)
      expect((await play(createPlain, script, { columns: 0 })).text).not.toContain("…,");
    const { text } = await play(createPlain, scripts.find(({ name }) => name === "many") ?? fail(), {
      columns: 0,
    });
    expect(text).toContain("web300");
  });

  it("-v shows live output, -vv fields", async () => {
    const script = scripts.find(({ name }) => name === "converged") ?? fail();
    const { text } = await play(createPlain, script, { verbosity: 2 });
    expectGolden("plain", "converged-vv.80.0.txt", text);
  });

  it("has no unused golden file", () => {
    expectOnly("plain", [...cases.map(({ name }) => name), "converged-vv.80.0.txt"]);
  });
});

describe("json", () => {
  const cases = scripts.map((script) => ({ script, name: `${script.name}.${script.exit}.txt` }));
  it.each(cases)("$name", async ({ script, name }) => {
    const { text } = await play(createJson, script);
    const lines = text.trimEnd().split("\n");
    expect(lines.length).toBe(script.steps.length);
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty("type");
    // 300 hosts show nothing that 3 do not show.
    if (script.name !== "many") expectGolden("json", name, text);
  });

  it("has no unused golden file", () => {
    expectOnly(
      "json",
      cases.filter(({ script }) => script.name !== "many").map(({ name }) => name),
    );
  });
});

describe("nagios", () => {
  const checks = scripts.filter(({ name }) =>
    ["unchanged", "unreachable", "check-causes", "check-orphan", "many"].includes(name),
  );
  it.each(checks)("$name", async (script) => {
    const { text } = await play(createNagios, script);
    expect(text).toMatch(/^(OK|WARNING|CRITICAL|UNKNOWN) - [^|\n]+ \| [^|\n]+\n$/);
    expectGolden("nagios", `${script.name}.txt`, text);
  });

  it("has no unused golden file", () => {
    expectOnly(
      "nagios",
      checks.map(({ name }) => `${name}.txt`),
    );
  });
});

function fail(): never {
  throw new Error("no such script");
}
