import { describe, expect, it } from "vitest";
import { z } from "zod";
import { inventoryCommand } from "../../../src/cli/inventory.ts";
import { roleVariables } from "../../../src/inventory/check/role-variables.ts";
import { hostOf, oneHost, onlyValue, readGood, summaries, withFiles } from "../files.ts";

const big = "424242424242424242";
const schema = z.strictObject({
  port: z.int().optional(),
  ratio: z.number().optional(),
  name: z.string().optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  list: z.array(z.union([z.string(), z.number()])).optional(),
});
const read = (lines: string) => roleVariables(hostOf(readGood(oneHost(lines)), "h"), "web", schema);
const told = (lines: string) => {
  const made = read(lines);
  if (made.ok) throw new Error("it was taken");
  return summaries(made.error);
};

describe("whole numbers beyond 2^53", () => {
  it("are kept in all digits where they are only passed on", () => {
    const lines = `channel: ${big}\nedge: 9007199254740993\nlow: -9007199254740993\nhex: 0xFFFFFFFFFFFFFFFF\ndeep: {a: [${big}]}\nsame: "{{ channel }}"\ntext: "c={{ channel }}"`;
    withFiles(oneHost(lines), (cwd) => {
      const { stdout, code } = inventoryCommand({ inventory: ["hosts.yml"], extraVars: [], cwd, host: "h" });
      expect(code).toBe(0);
      for (const line of [
        `"channel": ${big},`,
        '"edge": 9007199254740993,',
        '"low": -9007199254740993,',
        '"hex": 18446744073709551615,',
      ])
        expect(stdout).toContain(line);
    });
    expect(onlyValue(readGood(oneHost(lines)), "text")).toBe(`c=${big}`);
  });

  it("reach a role as text where text would do as well", () => {
    const made = read(
      `c: ${big}\nweb: {environment: {A: ${big}, B: 1, C: "x-{{ c }}", D: "{{ c }}"}, list: [${big}, 2]}`,
    );
    expect(made).toEqual({
      ok: true,
      value: { environment: { A: big, B: 1, C: `x-${big}`, D: big }, list: [big, 2] },
    });
  });

  it("are refused where a number is needed, or text was meant", () => {
    expect(told(`web: {ratio: ${big}}`)).toEqual([
      "hosts.yml:4:20: `web.ratio` is too large for an exact number: at most 9007199254740991",
    ]);
    expect(told(`web: {port: ${big}}`)[0]).toContain("`web.port` must be");
    expect(told(`web: {name: ${big}}`)[0]).toContain(`put it in quotes: "${big}"`);
    expect(told(`web: {name: 0x${"F".repeat(16)}}`)[0]).toContain(`put it in quotes: "0x${"F".repeat(16)}"`);
  });
});
