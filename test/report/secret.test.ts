import { expect, it } from "vitest";
import { createJson } from "../../src/report/json/json.ts";
import { createNagios } from "../../src/report/nagios.ts";
import { createPlain } from "../../src/report/plain/plain.ts";
import { createPretty } from "../../src/report/pretty/pretty.ts";
import type { Report, ReportOptions } from "../../src/report/report.ts";
import { canary } from "./build.ts";
import { play } from "./play.ts";
import { bytes, secretScript, sum } from "./secret-script.ts";

const reports: readonly [name: string, make: (options: ReportOptions) => Report][] = [
  ["plain", createPlain],
  ["json", createJson],
  ["nagios", createNagios],
  ["pretty", createPretty],
];

it.each(reports)("a secret in the payload or contents of a change is nowhere in %s", async (_, make) => {
  for (const command of ["apply", "plan", "check"] as const) {
    for (const verbosity of [0, 1, 2] as const) {
      const { text } = await play(make, secretScript(command), {
        verbosity,
        diff: true,
        color: verbosity === 2,
      });
      expect(text).not.toBe("");
      for (const form of [
        canary,
        Buffer.from(canary).toString("base64"),
        Buffer.from(bytes).toString("base64"),
        Buffer.from(canary).toString("hex"),
        sum,
      ]) {
        expect(text).not.toContain(form);
      }
      // The bytes as JSON writes a Uint8Array: `"0":112,"1":97…`.
      expect(text).not.toMatch(/"0":[0-9]+,"1":/);
    }
  }
});

it("json leaves out payloads and states, also if they are not secret", async () => {
  const { text } = await play(createJson, secretScript("apply"));
  expect(text).toContain('"type":"change-done"');
  expect(text).not.toMatch(/"(payload|desired|observed)":|mysql/);
});
