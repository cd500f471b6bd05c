import { describe, expect, it } from "vitest";
import type { Plan } from "../../src/model/plan.ts";
import type { Confirmation, Resource } from "../../src/model/resource.ts";
import { changesSince, parseSavedPlan, savePlan } from "../../src/plan/saved.ts";
import { exec } from "../../src/resources/exec.ts";
import { content } from "../../src/resources/resource.ts";

const request = { inventory: ["lab.yml"], extraVars: [], prune: false };

/** A plan of one change on one host. */
function planOf(resource: Resource): Plan {
  const change = {
    id: "exec:cut",
    action: "create",
    resource,
    role: "web",
    observed: { status: "absent" },
    fields: [{ field: "done", after: true }],
    cause: "new",
  } as const;
  return {
    hosts: [{ host: "h1", changes: [change], orphans: [], unchanged: 0 }],
    stages: [],
    stale: [],
    rollouts: [],
  };
}

const cut = (confirm: Confirmation, more: Partial<Parameters<typeof exec>[1]> = {}): Resource =>
  exec("cut", { command: "true", unless: "false", confirm, ...more });

/** The differences between a plan that was saved and parsed again, and a second one. */
function moved(before: Resource, after: Resource): number {
  const saved = parseSavedPlan(savePlan(request, planOf(before)));
  if (!saved.ok) throw new Error(saved.error);
  return changesSince(saved.value, planOf(after)).length;
}

describe("a saved plan", () => {
  const confirm = { save: "cat a", undo: "cat >a", seconds: 20 };

  it("does not differ if nothing has changed", () => {
    expect(moved(cut(confirm), cut({ ...confirm }))).toBe(0);
  });

  it.each([
    ["how the host takes it back", cut({ ...confirm, undo: "cat >b" })],
    ["what is kept for that", cut({ ...confirm, save: "cat b" })],
    ["how long it waits", cut({ ...confirm, seconds: 21 })],
    ["whether it is taken back at all", exec("cut", { command: "true", unless: "false" })],
    ["the command", cut(confirm, { command: "echo" })],
    ["its input", cut(confirm, { stdin: content("x") })],
  ])("has moved with %s", (_, after) => {
    expect(moved(cut(confirm), after)).toBe(2);
  });
});
