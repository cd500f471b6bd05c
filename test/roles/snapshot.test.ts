import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { desiredOn, facts, type HostSpec, readable } from "./scenario.ts";

const app = { gunicorn: { app: { directory: "test/roles/app" } } };

const stack: Readonly<Record<string, HostSpec>> = {
  web1: { address: "10.0.0.11", roles: { common: {}, sidecar: {}, nginx: {} } },
  web2: {
    address: "10.0.0.12",
    roles: {
      common: {},
      sidecar: {},
      nginx: {
        port: 8080,
        serverNames: ["www.example.org", "example.org"],
        trustedProxies: ["10.0.0.0/24", "fd00::1"],
        static: { "/static/": "test/roles/public" },
        workers: 4,
        serverConfig: "        location = /hello {\n            return 204;\n        }\n",
      },
    },
    facts: { addresses: [{ interface: "eth0", address: "fe80::1", prefix: 64 }] },
  },
  app1: { address: "10.0.0.21", roles: { common: {}, ...app } },
  "app2.example.org": {
    address: "fd00::22",
    roles: {
      common: {
        hostname: "second",
        extraHosts: { "10.0.0.9": ["mail.example.org", "mail"] },
        packages: ["htop"],
        sysctl: { "net.core.somaxconn": 4096 },
        time: { daemon: "systemd-timesyncd", servers: ["10.0.0.1", "ntp.example.org"] },
        apt: { recommends: true },
      },
      gunicorn: {
        name: "shop",
        app: { git: "https://git.example.org/shop.git", revision: "v1.2.0", callable: "shop.web:create" },
        port: 9000,
        packages: [],
        environment: { SECRET_KEY: 'a"b$c', EMPTY: "" },
        workers: 3,
        gracefulTimeout: 60,
      },
    },
    facts: {
      role: new Map([
        ["container", "none"],
        ["unattendedUpgrades", "installed\n"],
      ]),
    },
  },
  app3: {
    roles: { common: { time: { servers: ["10.0.0.1"] } }, ...app },
    facts: {
      cpus: 8,
      role: new Map([
        ["container", "systemd-nspawn\n"],
        ["unattendedUpgrades", ""],
      ]),
    },
  },
  app4: { address: "10.0.0.24", roles: { common: { time: { servers: ["10.0.0.1"] } }, ...app }, facts },
};

describe("what the roles want of a host", () => {
  it.each(Object.keys(stack))("%s", async (name) => {
    const text = readable(desiredOn(name, stack));
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, "snapshots", `${name}.txt`));
  });

  it("is the same when asked again", () => {
    expect(readable(desiredOn("web2", stack))).toBe(readable(desiredOn("web2", stack)));
  });
});
