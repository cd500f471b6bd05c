import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { loadProject } from "../../src/cli/project/project.ts";
import type { AnyRole } from "../../src/model/role.ts";
import type { ServiceSpec } from "../../src/model/topology.ts";
import { formatDiagnostic } from "../../src/report/diagnostic.ts";
import { buildTopology } from "../../src/topology/topology.ts";
import { withFiles } from "../inventory/files.ts";

/** What is wrong with an inventory of these lines, as people read it; nothing where it is fine. */
function told(text: string): readonly string[] {
  return withFiles({ "hosts.yml": text }, (cwd) => {
    const project = loadProject({ inventory: ["hosts.yml"], extraVars: [] }, cwd);
    return project.ok ? [] : project.error.map(formatDiagnostic);
  });
}

const others = `
    web: { vars: { roles: [sidecar, nginx] }, hosts: { web1: { ansible_host: 192.0.2.21 } } }
    app: { vars: { roles: [gunicorn] }, hosts: { app1: { ansible_host: 192.0.2.31 } } }
    db: { vars: { roles: [mysql] }, hosts: { db1: { ansible_host: 192.0.2.41 } } }
    cache: { vars: { roles: [memcached] }, hosts: { cache1: { ansible_host: 192.0.2.51 } } }
`;
const beside = (group: string): string => `all:\n  children:${others}    more: ${group}\n`;

describe("a port that two want on one host", () => {
  it("is reported for two roles, at both lines", () => {
    expect(
      told(`all:
  vars:
    roles: [haproxy, sidecar, nginx, gunicorn]
    nginx: { port: 80 }
  hosts: { s1: { ansible_host: 192.0.2.11 }, s2: { ansible_host: 192.0.2.12 } }
`),
    ).toEqual([
      `hosts.yml:3:13: error: haproxy (redirectPort) and nginx (port) both use port 80 (on s1 and s2)
  3 |     roles: [haproxy, sidecar, nginx, gunicorn]
    |             ^^^^^^^
  hint: give one of them another port`,
      `hosts.yml:4:20: error: haproxy (redirectPort) and nginx (port) both use port 80 (on s1 and s2)
  4 |     nginx: { port: 80 }
    |                    ^^
  hint: give one of them another port`,
    ]);
  });

  it.each<[string, string, string]>([
    [
      "one role's two",
      "haproxy: { port: 8443, redirectPort: 8443 }",
      "haproxy (port) and haproxy (redirectPort) both use port 8443",
    ],
    [
      "the status page's",
      "haproxy: { port: 8404 }",
      "haproxy (port) and haproxy (status.port) both use port 8404",
    ],
    [
      "a listener's",
      "haproxy: { tcp: { m: { port: 80, networks: [10.0.0.0/8], servers: { a: '10.0.0.9:25' } } } }",
      "haproxy (redirectPort) and haproxy (tcp.m.port) both use port 80",
    ],
  ])("is reported for %s", (_name, vars, words) => {
    const lines = told(
      beside(`{ vars: { roles: [haproxy], ${vars} }, hosts: { lb1: { ansible_host: 192.0.2.11 } } }`),
    );
    expect(lines).not.toEqual([]);
    for (const line of lines) expect(line).toContain(`${words} (on lb1)`);
  });

  it.each<[string, string, string, string]>([
    [
      "a database and its proxy",
      "mysql, sidecar, gunicorn",
      "sidecar: { ports: { sql-writer: 3306 } }",
      "both use port 3306",
    ],
    ["a cache and its proxy", "memcached, cacheproxy", "cacheproxy: { port: 11211 }", "both use port 11211"],
    [
      "the responder of a database",
      "mysql, nrpe",
      "nrpe: { port: 9200 }",
      "mysql (statePort) and nrpe (port)",
    ],
    ["the copies of a database", "mysql, nrpe", "nrpe: { port: 4444 }", "mysql (clonePort) and nrpe (port)"],
    ["the pages of Nagios", "nrpe, nagios, haproxy", "", "nagios (port)"],
    [
      "sshd",
      "sidecar, nginx",
      "nginx: { port: 22 }",
      "sshd (ansible_port) and nginx (port) both use port 22",
    ],
    [
      "sshd elsewhere",
      "sidecar, nginx",
      "ansible_port: 2222, nginx: { port: 2222 }",
      "sshd (ansible_port) and nginx (port)",
    ],
  ])("is reported for %s", (_name, roles, vars, words) => {
    const more = vars === "" ? "" : `, ${vars}`;
    const lines = told(
      beside(`{ vars: { roles: [${roles}]${more} }, hosts: { s1: { ansible_host: 192.0.2.11 } } }`),
    );
    expect(lines.join("\n")).toContain(words);
  });

  it.each<[string, string, string]>([
    ["hosts that differ", "sidecar, nginx", "nginx: { port: 8000 }"],
    [
      "a status page on loopback and one that is moved",
      "haproxy, sidecar, nginx",
      "haproxy: { redirectPort: 0 }",
    ],
    [
      "an sshd that is reached through a forwarded port",
      "sidecar, nginx",
      "ansible_host: 127.0.0.1, ansible_port: 8080, nginx: { port: 8080 }",
    ],
    [
      "an address of its own for others",
      "sidecar, nginx",
      "address: 10.0.0.9, ansible_port: 8080, nginx: { port: 8080 }",
    ],
  ])("is not told of %s", (_name, roles, vars) => {
    const host = vars.includes("ansible_host") ? "{}" : "{ ansible_host: 192.0.2.11 }";
    expect(told(beside(`{ vars: { roles: [${roles}], ${vars} }, hosts: { s1: ${host} } }`))).toEqual([]);
  });

  it("is not reported for the inventories of this project", () => {
    const root = resolve(import.meta.dirname, "../..");
    for (const name of readdirSync(resolve(root, "inventories")).filter((one) => one.endsWith(".yml"))) {
      const project = loadProject({ inventory: [`inventories/${name}`], extraVars: [] }, root);
      expect([name, project.ok ? [] : project.error.map(formatDiagnostic)]).toEqual([name, []]);
    }
  });
});

describe("addresses that are listened on", () => {
  /** Two services of two roles on one port of one host. */
  function collide(first: Partial<ServiceSpec>, second: Partial<ServiceSpec>): boolean {
    const source = { file: "x", line: 1, col: 1 };
    const host = { name: "h", groups: [], vars: new Map(), source };
    const roles = new Map(
      [first, second].map((spec, index): [string, AnyRole] => [
        `r${index}`,
        {
          name: `r${index}`,
          tier: "x",
          summary: "",
          vars: { safeParse: () => ({ success: true, data: {} }) },
          provides: () => ({
            [`s${index}`]: { port: 1000, health: { type: "tcp" }, redundancy: "balanced", ...spec },
          }),
          resources: () => [],
        },
      ]),
    );
    const members = [...roles.keys()].map((role) => ({ host, role, vars: {} }));
    const built = buildTopology([{ host, members }], roles);
    return !built.ok && built.error.some(({ message }) => message.includes("both use"));
  }

  it.each<[Partial<ServiceSpec>, Partial<ServiceSpec>, boolean]>([
    [{}, {}, true],
    [{}, { access: "host" }, true],
    [{ listen: ["0.0.0.0"] }, { access: "host" }, true],
    [{ listen: ["::"] }, { listen: ["10.0.0.1"] }, true],
    [{ listen: ["0.0.0.0"] }, { listen: ["::1"] }, false],
    [{ listen: ["10.0.0.1"] }, { access: "host" }, false],
    [{ listen: ["127.0.0.1"] }, { listen: ["127.0.0.2"] }, false],
    [{ listen: ["fd00::1"] }, { listen: ["FD00:0::1"] }, true],
    [{ listen: ["10.0.0.1", "127.0.0.1"] }, { access: "host" }, true],
    [{ protocol: "udp" }, {}, false],
    [{ protocol: "udp" }, { protocol: "udp" }, true],
    [{ protocol: "vrrp" }, { protocol: "vrrp" }, false],
  ])("%j and %j", (first, second, expected) => {
    expect(collide(first, second)).toBe(expected);
  });
});

describe("a service that is provided twice on a host", () => {
  const spec: ServiceSpec = { port: 1, health: { type: "tcp" }, redundancy: "balanced" };
  const source = { file: "x", line: 1, col: 1 };
  const host = { name: "h", groups: [], vars: new Map(), source };
  const role = (name: string, provides: NonNullable<AnyRole["provides"]>): [string, AnyRole] => [
    name,
    {
      name,
      tier: "x",
      summary: "",
      vars: { safeParse: () => ({ success: true, data: {} }) },
      provides,
      resources: () => [],
    },
  ];
  const messages = (...all: readonly [string, AnyRole][]): readonly string[] => {
    const members = all.map(([name]) => ({ host, role: name, vars: {} }));
    const built = buildTopology([{ host, members }], new Map(all));
    return built.ok ? [] : built.error.map(({ message }) => message);
  };

  it("is reported, for two roles and for one", () => {
    const other = { ...spec, port: 2 };
    expect(
      messages(
        role("a", () => ({ s: spec })),
        role("b", () => ({ s: other })),
      ),
    ).toEqual(["the roles `a` and `b` both provide the service `s`"]);
    expect(messages(role("a", () => [{ s: spec }, { s: other }]))).toEqual([
      "the role `a` provides the service `s` twice",
    ]);
    expect(messages(role("a", () => [{ s: spec }, { t: other }]))).toEqual([]);
  });
});
