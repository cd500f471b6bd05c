import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { serverId } from "../../../roles/mysql/keeper.ts";
import { mysql } from "../../../roles/mysql/role.ts";
import type { Json } from "../../../src/model/json.ts";
import type { Resource } from "../../../src/model/resource.ts";
import { desiredOn, facts, type HostSpec, textAt } from "../scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "mysql-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Members db1, db2… by their parts; all are voters of the store. */
function cluster(
  parts: readonly string[],
  vars: Readonly<Record<string, Json>> = {},
): Readonly<Record<string, HostSpec>> {
  return Object.fromEntries(
    parts.map((part, i) => [
      `db${i + 1}`,
      {
        address: `10.0.0.${i + 1}`,
        roles: { ...(parts.length > 1 ? { etcd: {} } : {}), mysql: vars },
        facts: { role: new Map([...facts.role, ["mysql/part", part], ["etcd/member", "running"]]) },
      },
    ]),
  );
}

const stack = {
  databases: { notes: {} },
  users: { notes: { database: "notes" }, other: { password: "of-the-inventory" } },
};
const running = ["member", "leader", "member"];
const fresh = ["none", "none", "none"];
const keys = (resources: readonly Resource[], kind: string): readonly string[] =>
  resources.filter((one) => one.kind === kind).map(({ key }) => key);
const settingsOn = (name: string, specs: Readonly<Record<string, HostSpec>>) =>
  JSON.parse(textAt("/etc/mysql/provision/keeper.json", desiredOn(name, specs)));

describe("the members of a database", () => {
  it("have accounts and databases made on the leader alone", () => {
    const specs = cluster(running, stack);
    expect(keys(desiredOn("db2", specs), "account")).toEqual(["notes@%", "other@%"]);
    expect(keys(desiredOn("db2", specs), "database")).toEqual(["notes"]);
    for (const kind of ["account", "database"]) expect(keys(desiredOn("db1", specs), kind)).toEqual([]);
  });

  it("have them made, in a new cluster, on the member that will lead", () => {
    const specs = cluster(fresh, { ...stack, primary: "db3" });
    expect(keys(desiredOn("db3", specs), "database")).toEqual(["notes"]);
    expect(keys(desiredOn("db1", specs), "database")).toEqual([]);
  });

  it("are started by the keeper alone", () => {
    const unit = desiredOn("db1", cluster(running)).find(
      ({ kind, key }) => kind === "unit" && /^mariadb(.service)?$/.test(key),
    );
    expect(unit?.desired).toEqual({ enabled: false, masked: false, stale: false });
  });

  it("all have the same settings but for what is their own, and start closed and following nobody", () => {
    const texts = ["db1", "db2"].map((name) =>
      textAt("/etc/mysql/mariadb.conf.d/90-provision.cnf", desiredOn(name, cluster(running))),
    );
    const common = texts.map((text) => text.replaceAll(/^(server_id|report_host) = .*$/gm, ""));
    expect(common[0]).toBe(common[1]);
    expect(texts[0]).toMatch(/^read_only = 1$/m);
    expect(texts[0]).toMatch(/^skip_slave_start = 1$/m);
    expect(texts[0]).toMatch(/^server_id = 167772161$/m);
  });

  it("know each other, and the voters of the store", () => {
    const settings = settingsOn("db2", cluster(running, { primary: "db3" }));
    expect(settings).toMatchObject({ name: "db2", primary: "db3", acks: 1, ttl: 5 });
    expect(Object.keys(settings.members)).toEqual(["db1", "db2", "db3"]);
    expect(settings.store).toEqual([1, 2, 3].map((n) => `https://10.0.0.${n}:2379`));
  });

  it("need no store and wait for nobody where there is only one", () => {
    expect(settingsOn("db1", cluster(["none"]))).toMatchObject({ acks: 0, store: [] });
  });

  it("show no secret: passwords and keys stand in secret content only", () => {
    for (const name of ["db1", "db2"]) {
      const shown = desiredOn(name, cluster(running, stack)).map((one) => {
        const visible = [one.payload?.content].filter((some) => some !== undefined && some.secret !== true);
        return (
          JSON.stringify({ ...one, payload: { ...one.payload, content: "" } }) +
          visible.map((some) => new TextDecoder().decode(some?.bytes)).join("")
        );
      });
      expect(shown.join("\n")).not.toMatch(/password-of-|key of |of-the-inventory/);
    }
  });

  it("differ in number for every kind of address", () => {
    const ids = ["10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2", "db1.example.org"].map(serverId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => id > 0 && id < 2 ** 32)).toBe(true);
  });
});

describe("the settings that a user may not change", () => {
  it.each([
    "read_only",
    "gtid_strict_mode",
    "sync_binlog",
    "server_id",
    "log_bin",
    "datadir",
    "rpl_semi_sync_master_timeout",
    "super_read_only",
    "replica_skip_errors",
  ])("%s", (name) => {
    const parsed = mysql.vars.safeParse({ settings: { [name]: "1" } });
    expect(parsed.success ? "" : parsed.error.issues[0]?.message).toContain("the role sets this itself");
  });
});

it("MySQL counts heartbeats in the performance schema, so it must have one; MariaDB does not need it", () => {
  const accepts = (flavour: string): boolean =>
    mysql.vars.safeParse({ flavour, settings: { performance_schema: 0 } }).success;
  expect([accepts("mysql"), accepts("mariadb")]).toEqual([false, true]);
});

it("a member that gets the accounts waits until it takes writes, the others until they take part", () => {
  const waits = (name: string): string =>
    JSON.stringify(desiredOn(name, cluster(fresh)).find(({ key }) => key === "takes part in the cluster"));
  expect(waits("db1")).toContain("127.0.0.1:9200/member");
  expect(waits("db2")).toContain("127.0.0.1:9200/part");
});

describe("the order of change", () => {
  const parsed = mysql.vars.safeParse({});
  const noVars = parsed.success ? parsed.data : fail();
  const ranks = (parts: readonly string[]): readonly (number | string)[] => {
    const peers = parts.map((part, i) => ({
      host: { name: `db${i + 1}`, groups: [], vars: new Map(), source: { file: "x", line: 1, col: 1 } },
      address: `10.0.0.${i + 1}`,
      vars: noVars,
      facts: new Map([["part", part]]),
    }));
    return peers.map((peer) => mysql.rank?.({ ...peer, peers }) ?? -1);
  };
  it.each<[string, readonly string[], readonly (number | string)[]]>([
    ["a new cluster begins with all members together", fresh, [0, 0, 0]],
    ["a running one is changed member by member, the leader last", running, [0, 3, 2]],
    ["one without a leader may need all of its members to go on", ["none", "member", "member"], [0, 0, 0]],
    ["and so is one that a member joins", ["none", "leader", "member"], [0, 3, 2]],
    [
      "one that grows from a member that is alone begins with all of them",
      ["alone", "none", "none"],
      ["together", "together", "together"],
    ],
    ["one that stays alone has nobody to wait for", ["alone"], [0]],
  ])("%s", (_name, parts, expected) => expect(ranks(parts)).toEqual(expected));
});

function fail(): never {
  throw new Error("the role refuses no variables at all");
}

describe.each(["mariadb", "mysql"])("the files of %s", (flavour) => {
  const resources = desiredOn("db1", cluster(running, { flavour, ...stack }));

  it("include every module of the keeper, and units that systemd accepts", () => {
    const modules = readdirSync("roles/mysql/files/keeper", { recursive: true, encoding: "utf8" }).filter(
      (name) => name.endsWith(".py"),
    );
    const placed = keys(resources, "file").filter((key) =>
      key.startsWith("/usr/local/lib/provision/keeper/"),
    );
    expect(placed.map((key) => key.slice("/usr/local/lib/provision/keeper/".length)).sort()).toEqual(
      modules.sort(),
    );
    for (const unit of keys(resources, "file").filter((key) => key.endsWith(".service"))) {
      const file = join(folder, unit.slice(unit.lastIndexOf("/") + 1));
      writeFileSync(file, textAt(unit, resources));
      const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", file], { encoding: "utf8" });
      const own = stderr
        .split("\n")
        .filter((line) => line.includes(folder) && !/is not executable/.test(line));
      expect(own).toEqual([]);
    }
  });

  it("configure a keeper that reads them", () => {
    const file = join(folder, "keeper.json");
    writeFileSync(file, textAt("/etc/mysql/provision/keeper.json", resources));
    const code =
      "import sys; sys.path[:0] = ['roles/mysql/files/keeper', 'roles/mysql/files/keeper/decisions']; import settings; print(settings.load(sys.argv[1]).engine)";
    expect(execFileSync("python3", ["-B", "-c", code, file], { encoding: "utf8" }).trim()).toBe(flavour);
  });
});
