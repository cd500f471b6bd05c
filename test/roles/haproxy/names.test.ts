import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { serverName } from "../../../roles/haproxy/socket.ts";
import { roles } from "../../../roles/index.ts";
import type { Json } from "../../../src/model/json.ts";
import { desiredOn, type HostSpec, scenarioOf, textAt } from "../scenario.ts";

const stack = (vars: Json, more: Readonly<Record<string, HostSpec>> = {}) => ({
  lb1: { address: "10.0.0.11", roles: { haproxy: vars, firewall: {} } },
  web1: { address: "10.0.0.21", roles: { sidecar: {}, nginx: {} } },
  app1: { address: "10.0.0.31", roles: { gunicorn: {} } },
  ...more,
});
const listener = { port: 2525, networks: ["198.51.100.0/24"], servers: { m1: "192.0.2.50:25" } };

describe("a TCP listener", () => {
  it.each(["redirect", "status", "web", "http"])("may be called %s, and is a service beside ours", (name) => {
    const wanted = desiredOn("lb1", stack({ tcp: { [name]: listener } }));
    expect(textAt("/etc/haproxy/haproxy.cfg", wanted)).toContain(`\nlisten tcp-${name}\n`);
    const rules = textAt("/etc/nftables.d/provision.nft", wanted);
    expect(rules).toContain("# web-redirect of haproxy, for anyone\n\t\ttcp dport 80 accept");
    expect(rules).toContain(`ip saddr 198.51.100.0/24 tcp dport 2525 accept comment "tcp-${name}"`);
  });
});

describe("the schema", () => {
  const accepts = (vars: Json): boolean => roles.get("haproxy")?.vars.safeParse(vars).success === true;
  const backend = { servers: { a: "192.0.2.50:80" } };

  it.each(["http", "web", "web-redirect", "status", "tcp-smtp"])(
    "refuses a backend of the name %s",
    (name) => {
      expect(accepts({ backends: { [name]: backend } })).toBe(false);
      expect(accepts({ backends: { [`${name}s`.replace("tcp-", "")]: backend } })).toBe(true);
    },
  );

  it.each([
    ["192.0.2.50:25", true],
    ["mail.example.org:25", true],
    ["[2001:db8::1]:25", true],
    ["mail:65535", true],
    ["mail:65536", false],
    ["mail:0", false],
    ["192.0.2.500:25", false],
    ["[2001:db8::g]:25", false],
    ["[::1]]:25", false],
    ["-mail:25", false],
    ["a..b:25", false],
    ["2001:db8::1:25", false],
    ["192.0.2.50:25 check\nserver x 6.6.6.6:80", false],
  ])("of a server %j: %j", (at, expected) => {
    expect(accepts({ backends: { own: { servers: { a: at } } } })).toBe(expected);
  });
});

describe("a service that is to be a backend", () => {
  const problems = (vars: Json): readonly string[] => {
    const built = scenarioOf(
      stack(vars, { app2: { address: "10.0.0.32", roles: { sidecar: {} } }, db1: { roles: { mysql: {} } } }),
    );
    return built.ok ? [] : built.error.map(({ message }) => message);
  };

  it("must be provided, to others than its own host: told before any host is contacted", () => {
    expect(problems({ tcp: { db: { port: 3300, networks: ["10.0.0.0/8"], service: "sql" } } })).toEqual([]);
    expect(problems({ tcp: { db: { port: 3300, networks: ["10.0.0.0/8"], service: "sq" } } })).toEqual([
      expect.stringMatching(
        /^`haproxy\.tcp\.db\.service`: no host provides a service `sq` to other hosts\. These services exist: .*\bsql\b/,
      ),
    ]);
    expect(problems({ backends: { db: { service: "web-status" } } })).toEqual([
      expect.stringMatching(
        /^`haproxy\.backends\.db\.service`: no host provides a service `web-status` to other hosts/,
      ),
    ]);
  });
});

describe("the name of a host in HAProxy", () => {
  it("is its own where HAProxy takes it, and never that of another host", () => {
    expect(["web-1", "a.b", "A_b"].map(serverName)).toEqual(["web-1", "a.b", "A_b"]);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(serverName(a)).toMatch(/^[A-Za-z0-9_.:-]*$/);
        expect(serverName(a) === serverName(b)).toBe(a === b);
      }),
    );
    expect(new Set(["a.b", "a-b", "a_b", "a b", "a:b", "a:3a:b", "a$b"].map(serverName)).size).toBe(7);
  });
});
