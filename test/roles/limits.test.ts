import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openFilesFact } from "../../roles/limits.ts";
import { needProgram } from "./daemon.ts";
import { desiredOfAll, desiredOn, facts, type HostSpec, textAt } from "./scenario.ts";

/** One host of a role that may have so many open files, with what that needs. */
const specs = (role: string, vars: HostSpec["roles"][string], openFiles: string) => ({
  one: {
    address: "10.0.0.1",
    roles: { [role]: vars },
    facts: { role: new Map([...facts.role, ["openFiles", openFiles]]) },
  },
  two: { address: "10.0.0.2", roles: { sidecar: {}, nginx: {}, gunicorn: {} } },
  three: { address: "10.0.0.3", roles: { mysql: {}, etcd: {} } },
  four: { address: "10.0.0.4", roles: { etcd: {} } },
  five: { address: "10.0.0.5", roles: { etcd: {} } },
});

describe("more connections than the host allows open files", () => {
  it.each([
    [
      "haproxy",
      { maxConnections: 100_000 },
      "`haproxy.maxConnections` needs 200500 open files, but this host allows",
    ],
    ["sidecar", { maxConnections: 10_000 }, "`sidecar.maxConnections` needs 20700 open files"],
    ["memcached", { connections: 30_000 }, "`memcached.connections` needs 30064 open files"],
    [
      "mysql",
      { settings: { max_connections: 5000 } },
      "`mysql.settings.max_connections` needs 30000 open files",
    ],
  ])("stop the role %s in words, before its daemon would not start or take fewer", (role, vars, words) => {
    const wanted = (openFiles: string) => desiredOfAll(specs(role, vars, openFiles)).get("one");
    expect(wanted("20000")).toMatchObject({ ok: false, error: { message: expect.stringContaining(words) } });
    expect(wanted("1048576")).toMatchObject({ ok: true });
    // Of a host that tells nothing, nothing is known.
    expect(wanted("")).toMatchObject({ ok: true });
  });

  it("are given to the database by its unit, which would have fewer from its package", () => {
    const settings = { max_connections: "20000" };
    const wanted = desiredOn("one", specs("mysql", { settings }, "1048576"));
    const path = "/etc/systemd/system/mariadb.service.d/provision-limits.conf";
    expect(textAt(path, wanted)).toContain("LimitNOFILE=105000");
    const restart = wanted.find(({ kind, key }) => kind === "exec" && key === "restart of the database");
    expect(restart?.reloadOn).toContain(`file:${path}`);
    expect(desiredOn("three", specs("mysql", {}, "")).some(({ key }) => key === path)).toBe(false);
  });
});

describe("what a host tells of its limit", () => {
  const told = (limit: string): number =>
    Number(execFileSync("sh", ["-c", `${limit}${openFilesFact}`], { encoding: "utf8" }));

  it("is what a process of root's can have there", () => {
    const most = told("");
    expect(most).toBeGreaterThan(256);
    const { status } = spawnSync("sh", ["-c", `ulimit -n ${most}`]);
    expect(status).toBe(0);
    expect(spawnSync("sh", ["-c", `ulimit -n ${most + 1}`]).status).not.toBe(0);
  });

  it("is what HAProxy stops at", () => {
    needProgram("haproxy", "haproxy");
    const folder = mkdtempSync(join(tmpdir(), "limits-"));
    const start = (connections: number) => {
      const path = join(folder, "haproxy.cfg");
      const times = ["client", "server", "connect"].map((side) => `    timeout ${side} 1s\n`).join("");
      writeFileSync(
        path,
        `global\n    maxconn ${connections}\ndefaults\n${times}frontend f\n    mode tcp\n    bind abns@limits${process.pid}\n`,
      );
      const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
      return spawnSync("timeout", ["1", "haproxy", "-db", "-f", path], { encoding: "utf8", env });
    };
    const most = told("");
    expect(start(Math.floor(most / 2)).stderr).toContain("Cannot raise FD limit");
    expect(start(Math.floor(most / 2)).status).toBe(1);
    expect(start(Math.floor((most - 500) / 2)).status).toBe(124);
    rmSync(folder, { recursive: true });
  });
});
