import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { needProgram } from "../daemon.ts";
import { desiredOn, facts, type HostSpec, textAt } from "../scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "nrpe-"));
afterAll(() => rmSync(folder, { recursive: true }));

const stack: Readonly<Record<string, HostSpec>> = {
  mon1: {
    address: "10.0.0.61",
    roles: { nrpe: {}, nagios: {} },
    facts: { addresses: [{ interface: "eth0", address: "10.0.0.61", prefix: 24 }] },
  },
  mon2: { address: "10.0.0.62", roles: { nrpe: {}, nagios: {} } },
  web1: { address: "10.0.0.11", roles: { nrpe: {}, sidecar: {}, nginx: {} } },
  app1: { address: "10.0.0.21", roles: { nrpe: {}, gunicorn: {} } },
};

const config = (host: string): string => textAt("/etc/nagios/nrpe.cfg", desiredOn(host, stack));
const commands = (host: string): string => textAt("/etc/nagios/nrpe.d/provision.cfg", desiredOn(host, stack));

/** The program with the checks of web1, of which the health of nginx is replaced by a command of the test. */
function checks(health = "exit 0"): string {
  const path = join(folder, "checks");
  const text = textAt("/usr/lib/provision/checks", desiredOn("web1", stack));
  const replaced = text.replace(/^ {4}health http .*$/m, `    health http '${health}' ;;`);
  expect(replaced).not.toBe(text);
  writeFileSync(path, replaced, { mode: 0o755 });
  return path;
}

function run(name: string, health?: string): { readonly code: number | null; readonly words: string } {
  const { status, stdout } = spawnSync(checks(health), [name], { encoding: "utf8" });
  return { code: status, words: stdout };
}

describe("the agent", () => {
  it("answers the monitoring servers only, and only with a certificate of theirs", () => {
    expect(config("web1")).toMatch(/^allowed_hosts=127\.0\.0\.1,10\.0\.0\.61,10\.0\.0\.62$/m);
    for (const line of [
      "ssl_client_certs=2",
      "ssl_use_adh=0",
      "ssl_version=TLSv1.2+",
      "dont_blame_nrpe=0",
      "ssl_cacert_file=/etc/nagios/provision/clients.pem",
    ]) {
      expect(config("web1").split("\n")).toContain(line);
    }
    expect(textAt("/etc/nagios/provision/clients.pem", desiredOn("web1", stack))).toBe(
      "certificate of nrpe/clients\n",
    );
  });

  it("listens on the address that others reach, where that is one of the host's own", () => {
    expect(config("mon1")).toMatch(/^server_address=10\.0\.0\.61$/m);
    expect(config("web1")).not.toMatch(/^server_address/m);
  });

  it("keeps its key from everybody else", () => {
    const key = desiredOn("web1", stack).find((one) => one.key === "/etc/nagios/provision/key.pem");
    expect(key?.desired).toMatchObject({ owner: "root", group: "nagios", mode: "0640" });
    expect(key?.payload?.content?.secret).toBe(true);
  });

  it("watches what every host has, and what this one's roles provide, and nothing of others", () => {
    const names = (host: string) => [...commands(host).matchAll(/^command\[(\S+)\]=/gm)].map((m) => m[1]);
    const base = ["load", "memory", "disk", "units", "reboot", "clock", "agent-certificate"];
    const every = base.map((name) => `base-${name}`);
    expect(names("web1")).toEqual([
      ...every,
      "health-sidecar",
      "health-http",
      "health-wsgi-local",
      "sidecar-members",
    ]);
    expect(names("app1")).toEqual([...every, "health-wsgi", "health-wsgi-alive", "gunicorn-ready"]);
    expect(names("mon1")).toEqual([...every, "health-nagios", "nagios-works"]);
  });

  it("gives root no more than checks that need it, by exact lines", () => {
    expect(desiredOn("app1", stack)).toContainEqual(
      expect.objectContaining({ kind: "file", key: "/etc/sudoers.d/provision-nrpe", desired: null }),
    );
    expect(commands("app1")).not.toContain("sudo");
  });

  it("runs as root only what sees nothing without: sockets, rules and processes of root's", () => {
    const all = {
      ...stack,
      all1: {
        address: "10.0.0.99",
        facts: { os: { id: "debian", version: "13", codename: "trixie" } },
        roles: {
          ...{
            nrpe: {},
            firewall: {},
            haproxy: {},
            sidecar: {},
            nginx: { port: 8080 },
            keepalived: { addresses: ["10.0.0.10/24"] },
          },
          ...{ mysql: {}, memcached: {}, cacheproxy: { port: 11212 } },
        },
      },
    };
    const sudoers = textAt("/etc/sudoers.d/provision-nrpe", desiredOn("all1", all));
    expect([...sudoers.matchAll(/checks (\S+)$/gm)].map(([, name]) => name).sort()).toEqual([
      "firewall-rules", // nftables tells its rules to root alone
      "haproxy-backends", // a socket by which HAProxy is also steered
      "haproxy-certificates", // the same
      "health-vip", // states that keepalived writes for root alone
      "keepalived-watches", // open files of a process of root's
      "sidecar-members", // the socket of HAProxy
    ]);
  });

  it("may use sudo without a terminal where that is asked for, and gives sudo-rs no setting that it refuses", () => {
    const specs = (sudo: string) => ({
      ...stack,
      all1: {
        address: "10.0.0.99",
        roles: { nrpe: {}, firewall: {} },
        facts: { role: new Map([...facts.role, ["sudo", sudo]]) },
      },
    });
    const rules = "/etc/sudoers.d/provision-nrpe";
    const [classic, rs] = ["", "rs\n"].map((sudo) => textAt(rules, desiredOn("all1", specs(sudo))));
    expect(classic).toContain("Defaults:nagios !requiretty");
    expect(rs).not.toContain("Defaults");
    expect(rs).toBe(classic?.replace(/^Defaults.*\n/m, ""));
  });

  it("is restarted for its own files, not for the program that it runs anew each time", () => {
    const unit = desiredOn("web1", stack).find(
      ({ kind, key }) => kind === "unit" && key === "nagios-nrpe-server",
    );
    expect(unit?.restartOn).toContain("file:/etc/nagios/nrpe.d/provision.cfg");
    expect(unit?.restartOn).toContain("file:/etc/nagios/provision/key.pem");
    expect(unit?.restartOn).not.toContain("file:/usr/lib/provision/checks");
  });
});

describe("the program with the checks", () => {
  it("is good in the eyes of shellcheck", () => {
    needProgram("shellcheck", "shellcheck");
    expect(execFileSync("shellcheck", ["-s", "sh", "-S", "warning", checks()], { encoding: "utf8" })).toBe(
      "",
    );
  });

  it.each(["base-load", "base-memory", "base-disk", "base-reboot"])("%s says one line", (name) => {
    const { code, words } = run(name);
    expect([0, 1, 2]).toContain(code);
    expect(words).toMatch(/^(OK|WARNING|CRITICAL) - [^\n|]+\n$/);
  });

  it("warns above the limits, which follow the number of CPUs", () => {
    const text = (cpus: number, load: number): string =>
      textAt(
        "/usr/lib/provision/checks",
        desiredOn("web1", {
          ...stack,
          web1: {
            roles: { nrpe: { load: { warning: load, critical: load * 2 } } },
            facts: { ...facts, cpus },
          },
        }),
      );
    expect(text(4, 1.5)).toContain('level "$hundredths" 600 1200 ');
    const path = join(folder, "low");
    writeFileSync(
      path,
      text(1, 0.000001).replace("read -r one five fifteen rest </proc/loadavg", "fifteen=0.08"),
      {
        mode: 0o755,
      },
    );
    expect(spawnSync(path, ["base-load"]).status).toBe(2);
  });

  it("says what a health check said when it fails, on one line and without a bar", () => {
    expect(run("health-http")).toEqual({ code: 0, words: "OK - http is healthy\n" });
    expect(run("health-http", 'echo a; echo "b | c" >&2; exit 7')).toEqual({
      code: 2,
      words: "CRITICAL - http is not healthy: a b / c\n",
    });
    expect(run("health-http", "exit 7")).toEqual({
      code: 2,
      words: "CRITICAL - http is not healthy: the check ends with 7\n",
    });
  });

  it("passes on what a role's own check ends with: 3 is not known, anything else that is no answer is critical", () => {
    const text = textAt("/usr/lib/provision/checks", desiredOn("web1", stack));
    for (const [ends, code] of [
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 2],
    ]) {
      const path = join(folder, "own");
      const replaced = text.replace(/^ {4}health http .*$/m, `    own 'echo words; exit ${ends}' ;;`);
      expect(replaced).not.toBe(text);
      writeFileSync(path, replaced, { mode: 0o755 });
      const { status, stdout } = spawnSync(path, ["health-http"], { encoding: "utf8" });
      expect([status, stdout]).toEqual([code, "words\n"]);
    }
  });

  it("ends a check that hangs before the agent would, and says so", () => {
    const text = textAt("/usr/lib/provision/checks", desiredOn("web1", stack));
    const limit = Number(/timeout -k 1 (\d+) sh -c/.exec(text)?.[1]);
    const agent = Number(/^command_timeout=(\d+)$/m.exec(config("web1"))?.[1]);
    expect(limit + 1).toBeLessThan(agent);
    const path = join(folder, "hanging");
    const hanging = text
      .replace("timeout -k 1 8 ", "timeout -k 1 0.2 ")
      .replace(/^ {4}health http .*$/m, "    health http 'sleep 30' ;;");
    writeFileSync(path, hanging, { mode: 0o755 });
    const { status, stdout } = spawnSync(path, ["health-http"], { encoding: "utf8" });
    expect([status, stdout]).toEqual([2, "CRITICAL - http is not healthy: did not end within 8 s\n"]);
  });

  it("does not know what it was not given", () => {
    expect(run("health-sql")).toEqual({ code: 1, words: "WARNING - there is no check 'health-sql'\n" });
    expect(run("base-load; id").code).toBe(1);
  });
});
