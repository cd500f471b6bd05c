import { describe, expect, it } from "vitest";
import type { Facts } from "../../../src/model/facts.ts";
import type { Plan } from "../../../src/model/plan.ts";
import type { HostReport, Summary } from "../../../src/model/summary.ts";
import { type CheckResult, hostStates } from "../../../src/report/host-state.ts";
import { change } from "../build.ts";

const stopped = change("update", "unit:nginx.service", {
  cause: "drift",
  fields: [{ field: "active", before: false, after: true }],
});
const conf = change("update", "file:/etc/nginx/nginx.conf", {
  cause: "pending",
  fields: [{ field: "mode", before: "0600", after: "0644" }],
});
const unchanged: Omit<HostReport, "host"> = { outcome: "unchanged", done: 0, left: [], ms: 1 };

const told = (address: string): Facts => ({
  hostname: "x",
  os: { id: "debian", version: "13", codename: "trixie" },
  arch: "x86_64",
  kernel: "6",
  cpus: 1,
  memoryMb: 512,
  addresses: [{ interface: "host0", address, prefix: 24 }],
  bootId: "1",
  systemd: true,
  role: new Map(),
});

const result = (hosts: readonly HostReport[], more: Partial<CheckResult> = {}): CheckResult => {
  const summary: Summary = { command: "check", hosts, ms: 1 };
  const none = new Map();
  return { summary, plan: undefined, facts: none, notes: none, resources: none, addresses: [], ...more };
};
const seen = (report: Partial<HostReport>, more: Partial<CheckResult> = {}) =>
  hostStates(result([{ host: "web1", ...unchanged, ...report }], more)).get("web1");

describe("hostStates", () => {
  it("is converged for a host without changes", () => {
    expect(seen({})).toEqual({ word: "converged", notes: [], changes: [] });
  });

  it("names the first difference, and the number of the others", () => {
    const one = seen({ outcome: "changes", left: [stopped] });
    expect(one?.word).toBe("drifted");
    expect(seen({ outcome: "changes", left: [conf] })?.word).toBe("pending");
    expect(seen({ outcome: "changes", left: [conf, { ...conf, cause: "conflict" }] })?.word).toBe("drifted");
    expect(
      seen({ outcome: "changes", left: [{ ...conf, cause: "unknown", action: "undecided" }] })?.word,
    ).toBe("pending");
    expect(one?.notes).toEqual(["update unit:nginx.service"]);
    expect(seen({ outcome: "changes", left: [stopped, conf, conf] })?.notes).toEqual([
      "update unit:nginx.service and 2 more",
    ]);
  });

  it("shows the fields and the cause of each difference, as `check` does", () => {
    expect(seen({ outcome: "changes", left: [stopped, conf] })?.changes).toEqual([
      { name: "update unit:nginx.service", notes: ["[active false → true]", "drift: changed on the host"] },
      {
        name: "update file:/etc/nginx/nginx.conf",
        notes: ["[mode 0600 → 0644]", "pending: changed in the inventory"],
      },
    ]);
  });

  it("counts an orphan as a difference, like the exit code of `check`", () => {
    const orphans = [{ id: "file:/etc/old", role: "nginx" }] as const;
    const plan: Plan = {
      stages: [],
      stale: [],
      rollouts: [],
      hosts: [{ host: "web1", changes: [], orphans, unchanged: 1 }],
    };
    const state = seen({}, { plan });
    expect(state?.word).toBe("pending");
    expect(state?.notes).toEqual(["orphan file:/etc/old"]);
  });

  it("separates unreachable hosts from failed ones, with the reason", () => {
    const failure = { code: "unreachable", message: "web1: no answer within 20 s" } as const;
    expect(seen({ outcome: "unreachable", failure })).toEqual({
      word: "unreachable",
      notes: [],
      changes: [],
      failure: "no answer within 20 s (unreachable)",
    });
    const refused = { code: "not-root", message: "web1: the login is not root" } as const;
    expect(seen({ outcome: "failed", failure: refused })?.word).toBe("failed");
  });

  it("finds the host that holds a floating address, and puts the notes of roles before it", () => {
    const addresses = ["192.0.2.10"];
    const notes = new Map([["web1", ["primary"]]]);
    const holder = seen({}, { facts: new Map([["web1", told("192.0.2.10")]]), addresses, notes });
    expect(holder?.notes).toEqual(["primary", "holds 192.0.2.10"]);
    expect(seen({}, { facts: new Map([["web1", told("192.0.2.11")]]), addresses })?.notes).toEqual([]);
  });

  it("sorts resources by kind", () => {
    const resources = new Map([["web1", ["package:nginx", "file:/a", "file:/b:c"]]]);
    expect(seen({}, { resources })?.resources).toEqual([
      { kind: "package", names: ["nginx"] },
      { kind: "file", names: ["/a", "/b:c"] },
    ]);
  });
});
