import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import type { FileContents } from "../../src/model/event.ts";
import type { Action, Change } from "../../src/model/plan.ts";
import { createJson } from "../../src/report/json.ts";
import { createNagios } from "../../src/report/nagios.ts";
import { createPlain } from "../../src/report/plain.ts";
import { createPretty } from "../../src/report/pretty.ts";
import type { Report, ReportOptions } from "../../src/report/report.ts";
import {
  arrivals,
  canary,
  change,
  doing,
  failing,
  hostPlan,
  hostReport,
  type Script,
  secretPayload,
  stage,
} from "./build.ts";
import { play } from "./play.ts";

const bytes = secretPayload.content?.bytes ?? new Uint8Array();
const sum = createHash("sha256").update(bytes).digest("hex");
const actions: readonly Action[] = ["create", "update", "delete", "reload", "undecided"];
const changes: readonly Change[] = actions.map((action) =>
  change(action, `file:/etc/${action}.key`, {
    payload: secretPayload,
    fields: [{ field: "sha256", before: sum, after: sum }],
  }),
);
const contents: FileContents = new Map(
  changes.map(({ id }) => [`web1\0${id}`, { before: `old ${canary}`, after: `new ${canary}`, secret: true }]),
);
const failure = { code: "check-refused", message: "web1: refused", detail: "line 3 is bad" } as const;
const all = stage("nginx", ["nginx"], ["web1"]);

/** Everything that can be told of a change, of changes that hold a secret. */
const script = (command: "apply" | "plan" | "check"): Script => ({
  name: "secret",
  exit: 1,
  steps: [
    [0, { type: "run-started", command, hosts: ["web1"], forks: 1 }],
    ...arrivals([hostPlan("web1", changes)]),
    [
      600,
      {
        type: "plan-ready",
        plan: { stages: [all], hosts: [hostPlan("web1", changes)], stale: [] },
        contents,
      },
    ],
    [700, { type: "stage-started", stage: all, changes: changes.length }],
    ...changes.flatMap((one) => doing("web1", one, 800, 7000, ["working"])),
    ...changes.flatMap((one) => failing("web1", one, 8000, 9000, failure)),
    [9000, { type: "stage-finished", stage: all, ms: 1 }],
    [
      9001,
      {
        type: "run-finished",
        summary: { command, ms: 9001, hosts: [hostReport("web1", "failed", 1, { left: changes, failure })] },
      },
    ],
  ],
});

const reports: readonly [name: string, make: (options: ReportOptions) => Report][] = [
  ["plain", createPlain],
  ["json", createJson],
  ["nagios", createNagios],
  ["pretty", createPretty],
];

it.each(reports)("a secret in a change's payload or contents stands nowhere in %s", async (_, make) => {
  for (const command of ["apply", "plan", "check"] as const) {
    for (const verbosity of [0, 1, 2] as const) {
      const { text } = await play(make, script(command), { verbosity, diff: true, color: verbosity === 2 });
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

it("json leaves out payloads and states also where they are no secret", async () => {
  const { text } = await play(createJson, script("apply"));
  expect(text).toContain('"type":"change-done"');
  expect(text).not.toMatch(/"(payload|desired|observed)":|mysql/);
});
