import { describe, expect, it } from "vitest";
import type { AssetFile } from "../../src/model/asset.ts";
import type { Resource } from "../../src/model/resource.ts";
import { ownList } from "../../src/resources/resource.ts";
import { desiredOn, type HostSpec, textAt } from "./scenario.ts";

const web: HostSpec = { address: "10.0.0.11", roles: { sidecar: {}, nginx: {} } };
const app = (address: string, vars: Readonly<Record<string, string | number>> = {}): HostSpec => ({
  address,
  roles: { gunicorn: vars },
});

const servers = (specs: Readonly<Record<string, HostSpec>>): readonly string[] =>
  [...textAt("/etc/haproxy/sidecar.cfg", desiredOn("web1", specs)).matchAll(/^ +server \S+ (\S+)/gm)].map(
    (m) => m[1] ?? "",
  );

describe("the way to the app servers", () => {
  it("leads to all of the stack, with their own ports, in the inventory's order", () => {
    const specs = {
      web1: web,
      app2: app("10.0.0.22"),
      app1: app("10.0.0.21", { port: 9000 }),
      app3: app("fd00::3"),
    };
    expect(servers(specs)).toEqual(["10.0.0.22:8000", "10.0.0.21:9000", "[fd00::3]:8000"]);
  });

  it("changes with them, and so does the file that the sidecar reloads for; nginx knows the sidecar alone", () => {
    const [before, after] = [
      { web1: web, app1: app("10.0.0.21") },
      { web1: web, app1: app("10.0.0.21"), app2: app("10.0.0.22") },
    ];
    expect(servers(after)).toEqual([...servers(before), "10.0.0.22:8000"]);
    const [old, now] = [desiredOn("web1", before), desiredOn("web1", after)];
    const unit = now.find(({ kind, key }) => kind === "unit" && key === "sidecar");
    expect(unit?.reloadOn).toContain("file:/etc/haproxy/sidecar.cfg");
    const [nginx, config] = ["/etc/nginx/nginx.conf", textAt("/etc/nginx/nginx.conf", now)];
    expect(config).toBe(textAt(nginx, old));
    const addresses = [...config.matchAll(/^ +server ([\d.:]+) /gm)].map(([, address]) => address);
    expect(new Set(addresses)).toEqual(new Set(["127.0.0.1:18000"]));
  });
});

describe("a release", () => {
  const release = (files: Readonly<Record<string, string>>, more: object = {}): readonly Resource[] => {
    const bytes = (text: string): AssetFile => ({
      bytes: new TextEncoder().encode(text),
      ...(text.startsWith("#!") ? { executable: true } : {}),
    });
    const read = new Map(Object.entries(files).map(([path, text]) => [path, bytes(text)]));
    const assets = Object.assign(read, more);
    return desiredOn(
      "app1",
      { app1: app("10.0.0.21") },
      new Map([
        ["roles/gunicorn/files/notes", assets],
        ["roles/gunicorn/files/alive", new Map([["alive.py", bytes("")]])],
      ]),
    );
  };
  const current = (files: Readonly<Record<string, string>>, more: object = {}) =>
    release(files, more).find(({ key }) => key === "/srv/notes/current")?.desired?.target;

  it("is named by the names and contents of its files, and by nothing else", () => {
    const id = current({ "app.py": "1", "lib/a.py": "2" });
    expect(id).toMatch(/^releases\/[0-9a-f]{12}$/);
    expect(current({ "app.py": "1", "lib/a.py": "2" }, { folders: ["lib"], links: new Map() })).toBe(id);
    expect(current({ "app.py": "1", "lib/a.py": "3" })).not.toBe(id);
    expect(current({ "app.py": "1", "lib/b.py": "2" })).not.toBe(id);
  });

  it("has its folders before what is in them, and is checked before the link leads to it", () => {
    const keys = release({ "a/b/c.py": "1", "app.py": "2" }).map(({ key }) => key);
    const at = (end: string): number => keys.findIndex((key) => key.endsWith(end));
    const order = ["/releases", "/a", "/a/b", "/a/b/c.py", "/environment", "/gunicorn.conf.py"].map(at);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
    const check = keys.findIndex((key) => key.startsWith("check of "));
    expect(check).toBeGreaterThan(at("/gunicorn.conf.py"));
    expect(at("/current")).toBeGreaterThan(check);
    expect(keys.indexOf("gunicorn-notes")).toBeGreaterThan(at("/current"));
  });

  it("is another one with an x bit, a link, or a folder with nothing in it", () => {
    const files = { "app.py": "1", run: "#!/bin/sh" };
    const ids = [
      current(files),
      current({ ...files, "app.py": "#!1" }),
      current(files, { links: new Map([["go", "run"]]) }),
      current(files, { links: new Map([["go", "app.py"]]) }),
      current(files, { folders: ["uploads"] }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("is read by its user and by nobody else; what may be executed may be executed there, too", () => {
    const id = "/srv/notes/releases/";
    const more = { folders: ["lib", "uploads"], links: new Map([["lib/go", "../run"]]) };
    const all = release({ "app.py": "1", "lib/a.py": "2", run: "#!/bin/sh" }, more)
      .filter(({ key }) => key.startsWith(id))
      .map(({ kind, key, desired }) => {
        const { owner, group, mode, target } = desired ?? {};
        return [kind, key.slice(id.length + 12), target ?? `${owner}:${group} ${mode}`];
      });
    expect(all).toEqual([
      ["directory", "", "root:notes 0750"],
      ["directory", "/lib", "root:notes 0750"],
      ["directory", "/uploads", "root:notes 0750"],
      ["file", "/app.py", "root:notes 0640"],
      ["file", "/lib/a.py", "root:notes 0640"],
      ["file", "/run", "root:notes 0750"],
      ["link", "/lib/go", "../run"],
    ]);
    const releases = release({ "app.py": "1" }).find(({ key }) => key === "/srv/notes/releases");
    expect(releases?.desired).toEqual({ owner: "root", group: "notes", mode: "0750" });
  });
});

describe("packages", () => {
  it("hold back the units that the role starts itself, once they are configured", () => {
    const held = (name: string): readonly string[] =>
      desiredOn("web1", {
        web1: { address: "10.0.0.1", roles: { common: {}, sidecar: {}, nginx: {} } },
        app1: app("10.0.0.21"),
      }).flatMap((one) => (one.kind === "package" && one.key === name ? ownList(one, "heldUnits") : []));
    expect(held("nginx-light")).toEqual(["nginx"]);
    expect(held("chrony")).toEqual(["chrony"]);
  });
});

describe("secrets", () => {
  it("of the application's environment are marked as such, and in no other resource", () => {
    const specs = {
      app1: { address: "10.0.0.21", roles: { gunicorn: { environment: { TOKEN: "s3cr3t" } } } },
    };
    const bare = desiredOn("app1", specs).filter(({ payload }) => payload?.content?.secret !== true);
    const texts = bare.map(
      (one) => JSON.stringify(one) + new TextDecoder().decode(one.payload?.content?.bytes),
    );
    expect(bare).toHaveLength(desiredOn("app1", specs).length - 1);
    expect(texts.join("\n")).not.toContain("s3cr3t");
  });
});
