import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/model/json.ts";
import { desiredOn, type HostSpec, textAt } from "../scenario.ts";

const configOf = (vars: Json, more: Readonly<Record<string, HostSpec>> = {}): string =>
  textAt(
    "/etc/nginx/nginx.conf",
    desiredOn("web1", {
      web1: { address: "10.0.0.21", roles: { sidecar: {}, nginx: vars } },
      app1: { address: "10.0.0.31", roles: { gunicorn: {} } },
      ...more,
    }),
  );
const balancer = (address: string): HostSpec => ({ address, roles: { haproxy: {} } });
const trusted = (text: string): readonly string[] =>
  [...text.matchAll(/set_real_ip_from (\S+);/g)].map(([, address = ""]) => address);

describe("whom nginx believes who the client is", () => {
  it("is every host whose role uses it, and who else is named", () => {
    const lbs = { lb1: balancer("10.0.0.11"), lb2: balancer("fd00::12") };
    expect(trusted(configOf({}, lbs))).toEqual(["10.0.0.11", "fd00::12"]);
    expect(trusted(configOf({ trustedProxies: ["10.9.0.0/16", "10.0.0.11"] }, lbs))).toEqual([
      "10.0.0.11",
      "fd00::12",
      "10.9.0.0/16",
    ]);
  });

  it("is nobody where nobody stands in front of it", () => {
    expect(trusted(configOf({}))).toEqual([]);
  });

  it("is nobody who is known by name only: a name is looked up once, and may be another's by then", () => {
    expect(trusted(configOf({}, { lb1: balancer("lb1.example.org") }))).toEqual([]);
  });
});

describe("what nginx reads", () => {
  const wanted = desiredOn("web1", {
    web1: {
      address: "10.0.0.21",
      roles: { sidecar: {}, nginx: { static: { "/a/b/": "test/roles/public" } } },
    },
    app1: { address: "10.0.0.31", roles: { gunicorn: {} } },
  });
  const modes = (kind: string, begin: string): readonly unknown[] =>
    wanted
      .filter((one) => one.kind === kind && one.key.startsWith(begin))
      .map(({ key, desired }) => [key, desired?.group, desired?.mode]);

  it("is its configuration, which may hold a password, by root alone", () => {
    expect(modes("file", "/etc/nginx/nginx.conf")).toEqual([["/etc/nginx/nginx.conf", "root", "0640"]]);
  });

  it("is the files of a path inside another one, too, when both have a file of one name", () => {
    const folder = "test/roles/public";
    const twice = desiredOn("web1", {
      web1: {
        address: "10.0.0.21",
        roles: { sidecar: {}, nginx: { static: { "/a/b/": folder, "/a/": folder, "/ab/": folder } } },
      },
      app1: { address: "10.0.0.31", roles: { gunicorn: {} } },
    });
    const files = twice.filter(({ kind, key }) => kind === "file" && key.startsWith("/srv/www"));
    expect(files.map(({ key }) => key)).toEqual([
      "/srv/www/a+b/style.css",
      "/srv/www/a/style.css",
      "/srv/www/ab/style.css",
    ]);
    const served = [
      ...textAt("/etc/nginx/nginx.conf", twice).matchAll(/(location|alias) (?:\^~ )?(\/(?:srv|a)\S*)/g),
    ];
    expect(served.map(([, , path]) => path).join(" ")).toContain("/a/b/ /srv/www/a+b/");
  });

  it("is the files it serves, by its own group", () => {
    expect([...modes("directory", "/srv/www"), ...modes("file", "/srv/www")]).toEqual([
      ["/srv/www", "www-data", "0750"],
      ["/srv/www/a", "www-data", "0750"],
      ["/srv/www/a/b", "www-data", "0750"],
      ["/srv/www/a/b/style.css", "www-data", "0640"],
    ]);
  });
});
