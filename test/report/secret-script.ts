import { createHash } from "node:crypto";
import type { FileContents } from "../../src/model/event.ts";
import type { Action, Change } from "../../src/model/plan.ts";
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

/** The secret file on the host. */
export const bytes = secretPayload.content?.bytes ?? new Uint8Array();
/** Its hash. It would reveal a short secret. */
export const sum = createHash("sha256").update(bytes).digest("hex");
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

/** Every event of a change, for changes with a secret. */
export const secretScript = (command: "apply" | "plan" | "check"): Script => ({
  name: "secret",
  exit: 1,
  steps: [
    [0, { type: "run-started", command, hosts: ["web1"], forks: 1 }],
    ...arrivals([hostPlan("web1", changes)]),
    [
      600,
      {
        type: "plan-ready",
        stages: [all],
        hosts: [hostPlan("web1", changes)],
        stale: [],
        rollouts: [],
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
        command,
        ms: 9001,
        hosts: [hostReport("web1", "failed", 1, { left: changes, failure })],
      },
    ],
  ],
});
