import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Service, Topology } from "../../../src/model/topology.ts";
import { batchesOf, lostDependency, nextBatch } from "../../../src/run/rollout/batches.ts";

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

const hostsNamed = (name: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${name}${i + 1}`);

describe("batchesOf", () => {
  it("never takes more members than the floor bears", () => {
    const hosts = ["a", "b", "c", "d"];
    expect(batchesOf(hosts, [service("s", hosts, 2)])).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
    expect(batchesOf(hosts, [service("s", hosts, 3)])).toEqual([["a"], ["b"], ["c"], ["d"]]);
  });

  it("counts every service a host serves", () => {
    const services = [service("s", ["a", "b", "c"], 1), service("t", ["a", "b"], 1)];
    expect(batchesOf(["a", "b", "c"], services)).toEqual([["a", "c"], ["b"]]);
  });

  it("changes a service that has no member to spare one host at a time, rather than never", () => {
    expect(batchesOf(["a"], [service("s", ["a"], 1)])).toEqual([["a"]]);
    expect(batchesOf(["a", "b"], [service("s", ["a", "b"], 2)])).toEqual([["a"], ["b"]]);
  });

  it("takes ten web servers two at a time, and leaves out what would wait for a lost one", () => {
    const hosts = hostsNamed("web", 10);
    const http = service("http", hosts, 8);
    expect(batchesOf(hosts, [http])).toHaveLength(5);
    expect(batchesOf(hosts.slice(1), [http], new Set(["web1"]))).toHaveLength(9);
    expect(batchesOf(hosts.slice(2), [http], new Set(["web1", "web2"]))).toEqual([]);
  });
});

describe("nextBatch", () => {
  it("counts those that are lost already: together they never go below the floor", () => {
    const hosts = hostsNamed("web", 10);
    const http = service("http", hosts, 8);
    expect(nextBatch(hosts.slice(0, 9), [http], new Set(["web10"])).batch).toEqual(["web1"]);
    const { batch, refused } = nextBatch(["web1", "web2"], [http], new Set(["web9", "web10"]));
    expect(batch).toEqual([]);
    expect(refused.get("web1")).toMatchObject({
      code: "dependency-failed",
      message: "web1: skipped. web9 and web10 are not healthy, and `http` must keep 8 of 10 members healthy",
      hint: "mend web9 and web10 first; or give the role `http` a lower `floor`",
    });
    expect([...refused.keys()]).toEqual(["web1", "web2"]);
  });

  it("changes one that is lost itself: nothing is taken away by that", () => {
    const hosts = ["a", "b", "c", "d"];
    expect(nextBatch(["a", "c"], [service("s", hosts, 3)], new Set(["a", "b"])).batch).toEqual(["a"]);
  });

  it("refuses only hosts of the service that has lost a member", () => {
    const services = [service("s", ["a", "b"], 1), service("t", ["c", "d"], 2)];
    const { batch, refused } = nextBatch(["a", "c"], services, new Set(["b"]));
    expect(batch).toEqual(["c"]);
    expect([...refused.keys()]).toEqual(["a"]);
  });

  it("keeps every floor that can be kept, whoever is lost, and ends", () => {
    const names = hostsNamed("h", 12);
    const members = fc.subarray([...names], { minLength: 1 });
    const some = fc.array(fc.tuple(members, fc.integer({ min: 1, max: 12 })), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(some, fc.subarray([...names]), fc.subarray([...names]), (specs, changed, sick) => {
        const services = specs.map(([hosts, floor], i) => service(`s${i}`, hosts, floor));
        const lost = new Set(sick);
        for (const batch of batchesOf(changed, services, lost)) {
          for (const { endpoints, floor } of services) {
            const hosts = endpoints.map(({ host }) => host);
            const newly = hosts.filter((host) => batch.includes(host) && !lost.has(host));
            const left = hosts.filter((host) => !batch.includes(host) && !lost.has(host)).length;
            const kept = newly.length === 0 || left >= floor;
            // One by one where it cannot be kept even by a service that is whole.
            expect(kept || (batch.length === 1 && hosts.every((host) => !lost.has(host)))).toBe(true);
          }
        }
      }),
      { numRuns: 2000 },
    );
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

  it("stops a dependent only when too few members are left", () => {
    const wsgi = service("wsgi", ["app1", "app2"], 1);
    expect(lostDependency("web1", ["nginx"], topology(wsgi), new Set(["app1"]))).toBeUndefined();
    expect(lostDependency("web1", ["nginx"], topology(wsgi), new Set(["app1", "app2"]))).toMatchObject({
      code: "dependency-failed",
      message:
        "web1: skipped. `nginx` needs `wsgi`, which has 0 of at least 1 members left (lost: app1, app2)",
    });
  });
});
