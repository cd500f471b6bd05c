import { describe, expect, it } from "vitest";
import type { Host } from "../../src/model/inventory.ts";
import type { AnyRole, Schema } from "../../src/model/role.ts";
import type { ServiceSpec } from "../../src/model/topology.ts";
import { levelsOf } from "../../src/topology/stage-order.ts";
import { buildTopology } from "../../src/topology/topology.ts";

const anything: Schema<unknown> = { safeParse: () => ({ success: true, data: {} }) };
const http: ServiceSpec = { port: 80, health: { type: "tcp" }, redundancy: "balanced", floor: 2 };

function role(name: string, more: Partial<AnyRole> = {}): readonly [string, AnyRole] {
  return [name, { name, tier: name, summary: "", vars: anything, resources: () => [], ...more }];
}

const roles = new Map([
  role("base", { tier: "base" }),
  role("app", { provides: () => ({ wsgi: { ...http, port: 8000 } }) }),
  role("web", { needs: { app: "wsgi" }, provides: () => ({ http }) }),
]);

function host(name: string, played: readonly string[], vars: Readonly<Record<string, string>> = {}) {
  const source = { file: "inv.yml", line: 7, col: 3 };
  const all = Object.entries(vars).map(([key, value]) => [key, { value, origin: { source } }] as const);
  const made: Host = { name, groups: [], vars: new Map(all), source };
  return { host: made, members: played.map((one) => ({ host: made, role: one, vars: {} })) };
}

describe("buildTopology", () => {
  it("collects the endpoints of a service on all hosts, at the address others reach", () => {
    const built = buildTopology(
      [
        host("a1", ["app"], { ansible_host: "10.0.0.1" }),
        host("a2", ["app"], { ansible_host: "10.0.0.2", address: "10.1.0.2" }),
        host("a3", ["app"]),
      ],
      roles,
    );
    if (!built.ok) throw new Error("not built");
    const service = built.value.services.get("wsgi");
    expect(service?.endpoints.map(({ host: name, address }) => [name, address])).toEqual([
      ["a1", "10.0.0.1"],
      ["a2", "10.1.0.2"],
      ["a3", "a3"],
    ]);
    expect(service?.floor).toBe(2);
  });

  it("orders roles by what they need, base roles first, whatever order the inventory names them in", () => {
    const built = buildTopology([host("w", ["web", "app", "base"])], roles);
    if (!built.ok) throw new Error("not built");
    expect(built.value.levels).toEqual([["base"], ["app"], ["web"]]);
    expect(built.value.hosts[0]?.members.map((member) => member.role)).toEqual(["base", "app", "web"]);
  });

  it("reports a service without a provider, where it is needed, and which role provides it", () => {
    const built = buildTopology([host("w", ["web"])], roles);
    expect(built).toEqual({
      ok: false,
      error: [
        {
          severity: "error",
          message: "role `web` needs the service `wsgi`, which no host of the inventory provides",
          source: { file: "inv.yml", line: 7, col: 3 },
          hint: "give a host one of these roles: app",
        },
      ],
    });
  });

  it("names the circle when roles need each other", () => {
    const needs: Readonly<Record<string, readonly string[]>> = { a: ["b"], b: ["c"], c: ["b"] };
    expect(
      levelsOf(
        ["a", "b", "c"],
        (name) => needs[name] ?? [],
        () => false,
      ),
    ).toEqual({
      ok: false,
      error: "roles need each other in a cycle: b → c → b",
    });
  });
});
