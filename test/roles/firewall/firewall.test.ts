import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firewall } from "../../../roles/firewall/role.ts";
import { serviceRules, unknownAddresses } from "../../../roles/firewall/rules.ts";
import type { Host } from "../../../src/model/inventory.ts";
import type { Json } from "../../../src/model/json.ts";
import type { AnyRole } from "../../../src/model/role.ts";
import type { ServiceSpec, Topology } from "../../../src/model/topology.ts";
import { buildTopology } from "../../../src/topology/topology.ts";
import { needProgram } from "../daemon.ts";
import { desiredOn, type HostSpec, textAt } from "../scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "firewall-"));
beforeAll(() => needProgram("nft", "nftables"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Roles made for a test: what each provides, and what it needs. */
type Stack = Readonly<
  Record<
    string,
    { readonly provides?: Readonly<Record<string, Partial<ServiceSpec>>>; readonly needs?: string }
  >
>;

function topologyOf(
  hosts: Readonly<Record<string, readonly [address: string, ...roles: string[]]>>,
  stack: Stack,
): Topology {
  const source = { file: "stack.yml", line: 1, col: 1 };
  const roles = new Map(
    Object.entries(stack).map(([name, { provides = {}, needs }]): [string, AnyRole] => [
      name,
      {
        name,
        tier: "test",
        summary: "made for a test",
        vars: { safeParse: () => ({ success: true, data: {} }) },
        ...(needs === undefined ? {} : { needs: { it: needs } }),
        provides: () =>
          Object.fromEntries(
            Object.entries(provides).map(([service, spec]) => [
              service,
              { port: 1, health: { type: "tcp" }, redundancy: "balanced", ...spec },
            ]),
          ),
        resources: () => [],
      },
    ]),
  );
  const built = buildTopology(
    Object.entries(hosts).map(([name, [address, ...played]]) => {
      const host: Host = {
        name,
        groups: ["all"],
        vars: new Map([["address", { value: address, origin: { source } }]]),
        source,
      };
      return { host, members: played.map((role) => ({ host, role, vars: {} })) };
    }),
    roles,
  );
  if (!built.ok) throw new Error(JSON.stringify(built.error));
  return built.value;
}

const matches = (host: string, topology: Topology) => serviceRules(host, topology).map(({ match }) => match);

describe("who may connect to a service", () => {
  const stack: Stack = {
    app: { provides: { wsgi: { port: 8000 } } },
    web: { provides: { http: { port: 80 } }, needs: "wsgi" },
    balancer: { provides: { https: { port: 443, access: "anyone" } }, needs: "http" },
  };

  it("is every host with a role that needs it, however they are ordered, and no other", () => {
    const topology = topologyOf(
      {
        web2: ["10.0.0.110", "web"],
        app1: ["10.0.0.31", "app"],
        web1: ["10.0.0.21", "web"],
        lb1: ["10.0.0.11", "balancer"],
      },
      stack,
    );
    expect(matches("app1", topology)).toEqual(["ip saddr { 10.0.0.21, 10.0.0.110 } tcp dport 8000"]);
    expect(matches("web1", topology)).toEqual(["ip saddr 10.0.0.11 tcp dport 80"]);
    expect(matches("lb1", topology)).toEqual(["tcp dport 443"]);
  });

  it("is nobody from outside where the only user is the host itself", () => {
    expect(matches("one", topologyOf({ one: ["10.0.0.1", "app", "web", "balancer"] }, stack))).toEqual([
      "tcp dport 443",
    ]);
  });

  it("is nobody over the network where the service is for its own host", () => {
    const own: Stack = {
      proxy: { provides: { writer: { port: 3306, access: "host" } } },
      app: { needs: "writer" },
    };
    expect(
      matches("a", topologyOf({ a: ["10.0.0.1", "proxy", "app"], b: ["10.0.0.2", "proxy", "app"] }, own)),
    ).toEqual([]);
  });

  it("is its users and the named networks, one rule a network", () => {
    const access = ["10.0.0.0/8", "10.1.0.0/16", "fd00::/8"];
    const watched: Stack = {
      nagios: { provides: { nagios: { port: 80, access } } },
      eye: { needs: "nagios" },
    };
    expect(
      matches("mon", topologyOf({ mon: ["10.0.0.1", "nagios"], eye: ["192.0.2.7", "eye"] }, watched)),
    ).toEqual([
      "ip saddr 192.0.2.7 tcp dport 80",
      "ip saddr 10.0.0.0/8 tcp dport 80",
      "ip saddr 10.1.0.0/16 tcp dport 80",
      "ip6 saddr fd00::/8 tcp dport 80",
    ]);
  });

  it("is each family of addresses in a rule of its own", () => {
    const topology = topologyOf(
      { app1: ["10.0.0.1", "app"], w1: ["fd00::2", "web"], w2: ["10.0.0.2", "web"] },
      stack,
    );
    expect(matches("app1", topology)).toEqual([
      "ip saddr 10.0.0.2 tcp dport 8000",
      "ip6 saddr fd00::2 tcp dport 8000",
    ]);
  });

  it("is peers of the same role, over VRRP without a port, and from the address that moves between them", () => {
    const vip: Stack = {
      keepalived: {
        provides: { vip: { port: 112, protocol: "vrrp", floating: ["10.0.0.100/24"] } },
        needs: "vip",
      },
      balancer: { needs: "http" },
      web: { provides: { http: { port: 80 } } },
    };
    const topology = topologyOf(
      {
        lb1: ["10.0.0.11", "keepalived", "balancer"],
        lb2: ["10.0.0.12", "keepalived", "balancer"],
        web: ["10.0.0.2", "web"],
      },
      vip,
    );
    expect(matches("lb1", topology)).toEqual(["ip saddr { 10.0.0.12, 10.0.0.100 } meta l4proto 112"]);
    expect(matches("web", topology)).toEqual(["ip saddr { 10.0.0.11, 10.0.0.12, 10.0.0.100 } tcp dport 80"]);
  });

  it("is told to be impossible to say where a user has no address, in words that say what to do", () => {
    const topology = topologyOf({ app1: ["10.0.0.1", "app"], w1: ["w1.example.org", "web"] }, stack);
    expect(unknownAddresses("app1", topology)).toEqual([
      {
        message: ": other hosts reach w1 by the name w1.example.org, but a firewall needs an IP address",
        hostVariable: ["address", "w1"],
        hint: "give w1 the variable `address`, its IP address",
      },
    ]);
    expect(unknownAddresses("w1", topology)).toEqual([]);
  });
});

/** The ruleset of app1, which one web server uses. */
function ruleset(vars: Json): string {
  const specs: Readonly<Record<string, HostSpec>> = {
    app1: {
      address: "10.0.0.31",
      roles: { firewall: vars, gunicorn: { app: { directory: "test/roles/app" } } },
    },
    web1: { address: "10.0.0.21", roles: { sidecar: {}, nginx: {} } },
  };
  return textAt("/etc/nftables.d/provision.nft", desiredOn("app1", specs));
}

const judged = (text: string) => {
  const path = join(folder, "rules.nft");
  writeFileSync(path, text);
  const { status, stderr } = spawnSync("nft", ["-c", "-f", path], { encoding: "utf8" });
  return { status, stderr };
};

describe("the ruleset", () => {
  const everything = {
    ssh: { networks: ["10.9.0.0/16", "fd00::1"], port: 2222 },
    allow: [
      { name: "metrics", ports: [9100, "9200-9210"], from: ["10.0.0.0/8", "10.1.0.0/16", "fd00::/8"] },
      { name: "DNS", ports: [53], protocol: "udp", from: "anyone" },
    ],
    interfaces: ["wg0", "br-1"],
    ping: false,
    logDropped: true,
  };

  it.each<[string, Json]>([
    ["without variables", {}],
    ["with every variable", everything],
  ])("%s is good in the eyes of nft", (_, vars) => {
    expect(judged(ruleset(vars))).toEqual({ status: 0, stderr: "" });
  });

  it("lets logins in from everywhere unless told otherwise, and the users of the services", () => {
    const text = ruleset({});
    expect(text).toContain('\t\ttcp dport 22 accept comment "ssh"\n');
    expect(text).toContain('\t\tip saddr 10.0.0.21 tcp dport 8000 accept comment "wsgi"\n');
    expect(text).toContain("icmp type echo-request accept");
    expect(text).not.toContain("log prefix");
  });

  it("has what the inventory names, and no more", () => {
    const accepted = ruleset(everything)
      .match(/^\t\t\S.*accept comment.*$/gm)
      ?.map((line) => line.trim());
    expect(accepted).toEqual([
      'ip saddr 10.9.0.0/16 tcp dport 2222 accept comment "ssh"',
      'ip6 saddr fd00::1 tcp dport 2222 accept comment "ssh"',
      'ip saddr 10.0.0.21 tcp dport 8000 accept comment "wsgi"',
      'ip saddr 10.0.0.21 tcp dport 8001 accept comment "wsgi-alive"',
      'ip saddr 10.0.0.0/8 tcp dport 9100 accept comment "metrics"',
      'ip saddr 10.1.0.0/16 tcp dport 9100 accept comment "metrics"',
      'ip6 saddr fd00::/8 tcp dport 9100 accept comment "metrics"',
      'ip saddr 10.0.0.0/8 tcp dport 9200-9210 accept comment "metrics"',
      'ip saddr 10.1.0.0/16 tcp dport 9200-9210 accept comment "metrics"',
      'ip6 saddr fd00::/8 tcp dport 9200-9210 accept comment "metrics"',
      'udp dport 53 accept comment "DNS"',
    ]);
    expect(ruleset(everything)).not.toContain("echo-request accept");
  });

  it.each<[Json, RegExp]>([
    [{ ssh: { networks: ["everyone"] } }, /^ssh.networks.0: an address/],
    [{ allow: [{ name: "x", ports: ["9-8"], from: "anyone" }] }, /^allow.0.ports.0: a port such as/],
    [{ allow: [{ name: "x", ports: [99999], from: "anyone" }] }, /^allow.0.ports.0: Too big/],
    [{ allow: [{ name: "x", ports: [80] }] }, /^allow.0.from: `anyone`/],
    [{ allow: [{ name: 'x"; accept', ports: [80], from: "anyone" }] }, /^allow.0.name: at most 60 letters/],
    [{ interfaces: ['eth0" accept'] }, /^interfaces.0: not the name/],
  ])("refuses %j", (vars, expected) => {
    const parsed = firewall.vars.safeParse(vars);
    const issues = parsed.success ? [] : parsed.error.issues;
    expect(issues.map(({ path, message }) => `${path.join(".")}: ${message}`)).toEqual([
      expect.stringMatching(expected),
    ]);
  });
});
