import { describe, expect, it } from "vitest";
import { roles } from "../../../roles/index.ts";
import { servicesOf } from "../../../src/base/provided.ts";
import { desiredOfAll, desiredOn, type HostSpec, textAt } from "../scenario.ts";

const cache = (address: string): HostSpec => ({ address, roles: { memcached: {} } });

describe("the role cacheproxy", () => {
  const os = { id: "debian", version: "13", codename: "trixie" };
  const app = (address: string, facts: HostSpec["facts"] = { os }): HostSpec => ({
    address,
    roles: { cacheproxy: {} },
    ...(facts === undefined ? {} : { facts }),
  });
  const caches = { cache1: cache("10.0.0.51"), cache2: cache("10.0.0.52") };

  it("knows every copy; each app host begins with another one", () => {
    const specs = { ...caches, app1: app("10.0.0.31"), app2: app("10.0.0.32") };
    const order = (name: string): readonly string[] =>
      [...textAt("/etc/cacheproxy.lua", desiredOn(name, specs)).matchAll(/address = "([^"]+)"/g)].map(
        (m) => m[1] ?? "",
      );
    expect([order("app1"), order("app2")]).toEqual([
      ["10.0.0.51", "10.0.0.52"],
      ["10.0.0.52", "10.0.0.51"],
    ]);
  });

  it("says on Debian 12 that the package has no proxy there, and what to do", () => {
    const old = { os: { id: "debian", version: "12", codename: "bookworm" } };
    expect(desiredOfAll({ ...caches, app1: app("10.0.0.31", old) }).get("app1")).toMatchObject({
      ok: false,
      error: { code: "role-failed", message: expect.stringContaining("has no proxy") },
    });
  });

  it("leaves the package's own cache off, except where the host is to have one", () => {
    const both: HostSpec = { address: "10.0.0.51", roles: { memcached: {}, cacheproxy: {} }, facts: { os } };
    const own = (name: string, specs: Readonly<Record<string, HostSpec>>) =>
      desiredOn(name, specs).find(({ kind, key }) => kind === "unit" && key === "memcached")?.desired;
    expect(own("app1", { ...caches, app1: app("10.0.0.31") })).toMatchObject({
      running: false,
      enabled: false,
    });
    expect(own("cache1", { ...caches, cache1: both })).toMatchObject({ running: true, enabled: true });
  });

  it("is what the application is sent to; without it the application is told every copy", () => {
    const gunicorn = { gunicorn: {} };
    const servers = (roles: HostSpec["roles"]): string | undefined => {
      const specs = { ...caches, app1: { address: "10.0.0.31", roles, facts: { os } } };
      return /^CACHE_SERVERS=.*$/m.exec(
        textAt("/etc/gunicorn-notes/environment", desiredOn("app1", specs)),
      )?.[0];
    };
    expect(servers({ cacheproxy: {}, ...gunicorn })).toBe('CACHE_SERVERS="127.0.0.1:11311"');
    expect(servers(gunicorn)).toBe('CACHE_SERVERS="10.0.0.51:11211,10.0.0.52:11211"');
  });

  it("is seen by nobody but its own host", () => {
    const provided = roles.get("cacheproxy")?.provides?.({
      address: "10.0.0.31",
      host: { name: "app1", groups: [], vars: new Map(), source: { file: "", line: 1, col: 1 } },
      vars: roles.get("cacheproxy")?.vars.safeParse({}).success === true ? { port: 11311 } : {},
    });
    expect(servicesOf(provided ?? {})).toMatchObject([["cache", { access: "host" }]]);
  });
});
