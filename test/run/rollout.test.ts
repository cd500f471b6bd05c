import { describe, expect, it } from "vitest";
import type { Service, Topology } from "../../src/model/topology.ts";
import { batchesOf, floorBroken, lostDependency } from "../../src/run/rollout.ts";

function service(name: string, hosts: readonly string[], floor: number): Service {
  const spec = {
    port: 80,
    health: { type: "tcp" },
    redundancy: "balanced",
    service: name,
    role: name,
  } as const;
  return {
    name,
    role: name,
    floor,
    minimum: 1,
    redundancy: "balanced",
    endpoints: hosts.map((host) => ({ ...spec, host, address: host })),
  };
}

describe("batchesOf", () => {
  it("lets all hosts go at once when nothing that runs is disturbed", () => {
    expect(batchesOf(["a", "b", "c"], new Set(), [service("s", ["a", "b", "c"], 2)])).toEqual([
      ["a", "b", "c"],
    ]);
  });

  it("never takes more members than the floor bears", () => {
    const hosts = ["a", "b", "c", "d"];
    expect(batchesOf(hosts, new Set(hosts), [service("s", hosts, 2)])).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
    expect(batchesOf(hosts, new Set(hosts), [service("s", hosts, 3)])).toEqual([["a"], ["b"], ["c"], ["d"]]);
  });

  it("counts every service a host serves", () => {
    const hosts = ["a", "b", "c"];
    const services = [service("s", ["a", "b", "c"], 1), service("t", ["a", "b"], 1)];
    expect(batchesOf(hosts, new Set(hosts), services)).toEqual([["a", "c"], ["b"]]);
  });

  it("changes a service that has no member to spare one host at a time, rather than never", () => {
    expect(batchesOf(["a"], new Set(["a"]), [service("s", ["a"], 1)])).toEqual([["a"]]);
    expect(batchesOf(["a", "b"], new Set(["a", "b"]), [service("s", ["a", "b"], 2)])).toEqual([["a"], ["b"]]);
  });
});

describe("a lost member", () => {
  const topology = (wsgi: Service): Topology => ({
    hosts: [],
    levels: [],
    tiers: new Map(),
    checks: [],
    services: new Map([["wsgi", wsgi]]),
    needs: new Map([["nginx", ["wsgi"]]]),
  });

  it("stops a dependent only when the service is below its floor", () => {
    const wsgi = service("wsgi", ["app1", "app2"], 1);
    expect(lostDependency("web1", ["nginx"], topology(wsgi), new Set(["app1"]))).toBeUndefined();
    expect(lostDependency("web1", ["nginx"], topology(wsgi), new Set(["app1", "app2"]))).toMatchObject({
      code: "dependency-failed",
      message: "web1: `nginx` needs wsgi, which has 0 of at least 1 members left (lost: app1, app2)",
    });
  });

  it("keeps the next member from being touched when the floor would break", () => {
    const wsgi = service("wsgi", ["app1", "app2"], 1);
    expect(floorBroken("app2", [wsgi], new Set())).toBeUndefined();
    expect(floorBroken("app2", [wsgi], new Set(["app1"]))).toMatchObject({ code: "dependency-failed" });
    expect(
      floorBroken("app3", [service("wsgi", ["app1", "app2", "app3"], 1)], new Set(["app1"])),
    ).toBeUndefined();
  });
});
