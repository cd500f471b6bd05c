import { describe, expect, it } from "vitest";
import type { FileContents } from "../../src/model/event.ts";
import type { HostPlan, Plan, Rollout } from "../../src/model/plan.ts";
import { type PlanView, planLine, renderPlan } from "../../src/report/plan.ts";
import { canary, change, hash, hostPlan, secretPayload } from "./build.ts";

const view: PlanView = { command: "plan", color: false, columns: 80, verbosity: 0, diff: false };
const planOf = (
  hosts: readonly HostPlan[],
  stale: readonly string[] = [],
  rollouts: readonly Rollout[] = [],
): Plan => ({
  stages: [],
  rollouts,
  hosts,
  stale,
});
const conf = change("update", "file:/etc/x", {
  fields: [{ field: "sha256", before: hash("a"), after: hash("b") }],
});

describe("renderPlan", () => {
  it("shows the batches of a rolling change, and how many members serve meanwhile", () => {
    const http = (serving: number, floor = 3) => [{ name: "http", members: 4, serving, floor }];
    const batches = [
      { hosts: ["web5"], services: [], seconds: 0 },
      { hosts: ["web1", "web2"], services: http(2, 2), seconds: 120 },
      { hosts: ["web3"], services: http(2), seconds: 60 },
    ];
    const plan = planOf([hostPlan("web1", [conf])], [], [{ stage: "nginx", batches }]);
    const text = `Rolling changes, if all members are healthy:
  nginx, one batch after another, 2 in all:
    1. web1 and web2: meanwhile 2 of 4 members of \`http\` serve; at most 120 s of
       waiting
    2. web3: meanwhile 2 of 4 members of \`http\` serve, fewer than its floor of
       3; at most 60 s of waiting
`;
    expect(renderPlan(plan, view)).toContain(text);
    expect(renderPlan(plan, { ...view, command: "apply" })).toContain(text);
    expect(renderPlan(plan, { ...view, command: "check" })).not.toContain("Rolling");
  });

  it("puts hosts with the same changes together, and only those", () => {
    const text = renderPlan(
      planOf([hostPlan("a", [conf]), hostPlan("b", []), hostPlan("c", [conf]), hostPlan("d", [conf, conf])]),
      view,
    );
    expect(text).toContain("a c (2 hosts)\n  ~ update file:/etc/x  [content]\n");
    expect(text).toContain("\nd\n");
    expect(text).not.toContain("\nb\n");
  });

  it("says when there is nothing to do", () => {
    expect(renderPlan(planOf([hostPlan("a", [])]), view)).toBe(
      "Plan: nothing to change on 1 host; 10 resources unchanged\n",
    );
  });

  it("does not say `nothing to change` if no host was observed", () => {
    const text = renderPlan(planOf([]), { ...view, command: "check" });
    expect(text).toBe("Check: no host could be observed\n");
  });

  it("names the orphans that no run removes, also in the totals line", () => {
    const why = "this version of provision does not know the kind `zfs`";
    const orphans = [
      { id: "file:/old", role: "r" },
      { id: "zfs:tank", role: "r", why },
    ] as const;
    const text = renderPlan(planOf([hostPlan("a", [], { orphans })]), view);
    expect(text).toContain("! orphan file:/old (of role r)  --prune removes it\n");
    expect(text).toContain(`! orphan zfs:tank (of role r)\n      ${why}\n`);
    expect(planLine(planOf([hostPlan("a", [], { orphans })]), "apply")).toContain(
      "1 orphan (--prune removes it); 1 orphan to remove by hand: zfs:tank",
    );
  });

  it("says restart for a reload that needs a restart", () => {
    const restart = change("reload", "unit:x.service", { trigger: "restart", why: "watches file:/etc/x" });
    const text = renderPlan(planOf([hostPlan("a", [restart])]), view);
    expect(text).toContain("↻ restart unit:x.service  (watches file:/etc/x)");
    expect(text).toContain("Plan: 1 to restart on 1 host");
  });

  it("warns of changes made on the host, also outside `check`", () => {
    const drifted = { ...conf, cause: "drift" as const };
    expect(renderPlan(planOf([hostPlan("a", [drifted])]), view)).toContain("drift: changed on the host");
    expect(renderPlan(planOf([hostPlan("a", [conf])]), view)).not.toContain("never applied");
  });

  it("shows five different diffs of one change, and counts the hosts with other diffs", () => {
    const hosts = Array.from({ length: 9 }, (_, n) => `h${n}`);
    const contents: FileContents = new Map(
      hosts.map((host) => [`${host}\0file:/etc/x`, { before: "old\n", after: `${host}\n`, secret: false }]),
    );
    const text = renderPlan(planOf(hosts.map((host) => hostPlan(host, [conf]))), {
      ...view,
      diff: true,
      contents,
    });
    expect(text.match(/^ {6}\+h[0-9]$/gm)).toHaveLength(5);
    expect(text).toContain("… and other diffs on 4 more hosts");
  });

  it("shows a diff that all hosts share once, without their names", () => {
    const contents: FileContents = new Map(
      ["a", "b"].map((host) => [`${host}\0file:/etc/x`, { before: "old\n", after: "new\n", secret: false }]),
    );
    const text = renderPlan(planOf([hostPlan("a", [conf]), hostPlan("b", [conf])]), {
      ...view,
      diff: true,
      contents,
    });
    expect(text.match(/\+new/g)).toHaveLength(1);
    expect(text).not.toContain("on a");
  });

  describe("of a secret", () => {
    const contents = (secret: boolean): FileContents =>
      new Map([["a\0file:/etc/x", { before: "old", after: canary, secret }]]);
    const show = (plan: HostPlan, secret: boolean): string =>
      renderPlan(planOf([plan]), { ...view, diff: true, contents: contents(secret) });

    it("says that it differs, with either mark of a secret", () => {
      const secretChange = { ...conf, resource: { ...conf.resource, payload: secretPayload } };
      for (const text of [show(hostPlan("a", [conf]), true), show(hostPlan("a", [secretChange]), false)]) {
        expect(text).toContain("      secret content changed\n");
        expect(text).not.toContain(canary);
      }
    });

    it("does not say so if only the mode differs", () => {
      const mode = change("update", "file:/etc/x", {
        fields: [{ field: "mode", before: "0644", after: "0600" }],
      });
      expect(show(hostPlan("a", [mode]), true)).not.toContain("secret content changed");
    });
  });

  it("removes from text of a host all that controls a terminal", () => {
    const evil = change("update", "file:/x\x1b[2J", {
      why: "\x1b]0;x\x07",
      fields: [{ field: "f", before: "\x1b[1A", after: "a\nb" }],
    });
    const text = renderPlan(planOf([hostPlan("h\x1b[31m", [evil])]), view);
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
    expect(text).toContain("a⏎b");
  });
});
