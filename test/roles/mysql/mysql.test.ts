import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { serverId } from "../../../roles/mysql/files.ts";
import { mysql } from "../../../roles/mysql/role.ts";
import { briefState } from "../../../roles/mysql/state.ts";
import type { Json } from "../../../src/model/json.ts";
import type { Resource, State } from "../../../src/model/resource.ts";
import { desiredOfAll, desiredOn, facts, type HostSpec, textAt } from "../scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "mysql-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Members db1, db2… by what they say of themselves. */
function cluster(
  members: readonly string[],
  vars: Readonly<Record<string, Json>> = {},
): Readonly<Record<string, HostSpec>> {
  return Object.fromEntries(
    members.map((member, i) => [
      `db${i + 1}`,
      {
        address: `10.0.0.${i + 1}`,
        roles: { mysql: vars },
        facts: { role: new Map([...facts.role, ["mysql/member", member]]) },
      },
    ]),
  );
}

const stack = {
  databases: { notes: {} },
  users: { notes: { database: "notes" }, other: { password: "of-the-inventory" } },
};
const running = ["replica 10.0.0.2", "primary", "replica 10.0.0.2"];
const part = (resources: readonly Resource[]): State | undefined =>
  resources.find(({ key }) => key === "part in the replication")?.payload?.own;
const keys = (resources: readonly Resource[], kind: string): readonly string[] =>
  resources.filter((one) => one.kind === kind).map(({ key }) => key);

describe("the members of a database", () => {
  it("take the part that the living ones give them, whatever the inventory says", () => {
    const specs = cluster(running, { primary: "db1" });
    expect(part(desiredOn("db1", specs))?.command).toBe("/usr/local/sbin/provision-sql join 10.0.0.2 db2");
    expect(part(desiredOn("db2", specs))?.command).toContain("provision-sql ");
    expect(part(desiredOn("db2", specs))?.command).not.toContain("join");
  });

  it("begin at the hint when none has data", () => {
    const specs = cluster(["none", "none"], { primary: "db2" });
    expect(part(desiredOn("db2", specs))?.command).toBe("/usr/local/sbin/provision-sql bootstrap");
    expect(part(desiredOn("db1", specs))?.command).toBe("/usr/local/sbin/provision-sql join 10.0.0.2 db2");
  });

  it("open again, waiting for replicas from the first commit on, after all were down", () => {
    const specs = cluster(["closed 0-1-9", "replica 10.0.0.1", "replica 10.0.0.1"]);
    expect(part(desiredOn("db1", specs))?.command).toBe("/usr/local/sbin/provision-sql open");
  });

  it("get new files where the daemon does not start with theirs, but for the primary", () => {
    const revive = (name: string, members: readonly string[]) =>
      desiredOn(name, cluster(members)).find(({ key }) => key === "files the database starts with")?.payload
        ?.own?.command;
    expect(revive("db1", ["down", "primary"])).toBe("/usr/local/sbin/provision-sql revive 10.0.0.2 db2");
    expect(revive("db1", ["down", "replica-stopped 10.0.0.1"])).toBe("/usr/local/sbin/provision-sql revive");
    expect(revive("db1", ["down", "closed 0-1-1"])).toBe("/usr/local/sbin/provision-sql revive");
  });

  it("are asked for no part while it cannot be told", () => {
    expect(part(desiredOn("db1", cluster(["down", "closed 0-1-9"])))).toBeUndefined();
  });

  it("have accounts and databases made on the primary alone", () => {
    const specs = cluster(running, stack);
    expect(keys(desiredOn("db2", specs), "account")).toEqual([
      "provision-sql@localhost",
      "replication@%",
      "notes@%",
      "other@%",
    ]);
    expect(keys(desiredOn("db2", specs), "database")).toEqual(["notes"]);
    expect(keys(desiredOn("db1", specs), "account")).toEqual([]);
    expect(keys(desiredOn("db1", specs), "database")).toEqual([]);
  });

  it("all have the same settings but for what is their own, and start read-only", () => {
    const texts = ["db1", "db2"].map((name) =>
      textAt("/etc/mysql/mariadb.conf.d/90-provision.cnf", desiredOn(name, cluster(running))),
    );
    const common = texts.map((text) => text.replaceAll(/^(server_id|report_host) = .*$/gm, ""));
    expect(common[0]).toBe(common[1]);
    expect(texts[0]).toMatch(/^read_only = 1$/m);
    expect(texts[0]).toMatch(/^server_id = 167772161$/m);
    expect(texts[1]).toMatch(/^server_id = 167772162$/m);
  });

  it("of two minds stop the run with what to do", () => {
    const result = desiredOfAll(cluster(["primary", "primary"])).get("db1");
    expect(result).toMatchObject({ ok: false, error: { code: "role-failed", message: /both take writes/ } });
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

describe("the order of change", () => {
  const parsed = mysql.vars.safeParse({});
  const noVars = parsed.success ? parsed.data : fail();
  const ranks = (members: readonly string[]): readonly number[] => {
    const peers = members.map((member, i) => ({
      host: { name: `db${i + 1}`, groups: [], vars: new Map(), source: { file: "x", line: 1, col: 1 } },
      address: `10.0.0.${i + 1}`,
      vars: noVars,
      facts: new Map([["member", member]]),
    }));
    return peers.map((peer) => mysql.rank?.({ ...peer, peers }) ?? -1);
  };
  it.each<[string, readonly string[], readonly number[]]>([
    ["a cluster is born from its primary", ["none", "none", "none"], [0, 1, 1]],
    ["a running one changes replicas one by one, and its primary last", running, [0, 3, 2]],
    ["one that a member joins too", ["none", "primary", "replica 10.0.0.2"], [0, 3, 2]],
    ["what cannot be told has no order of its own", ["primary", "primary", "none"], [0, 0, 0]],
  ])("%s", (_name, members, expected) => expect(ranks(members)).toEqual(expected));
});

function fail(): never {
  throw new Error("the role refuses no variables at all");
}

describe.each(["mariadb", "mysql"])("the programs of %s", (flavour) => {
  const resources = desiredOn("db1", cluster(running, { flavour, ...stack }));
  const write = (name: string, path: string): string => {
    writeFileSync(join(folder, name), textAt(path, resources));
    return join(folder, name);
  };

  it("are good in the eyes of shellcheck and of shells", () => {
    const path = write(`sql-${flavour}`, "/usr/local/sbin/provision-sql");
    // Variables that one step sets for another, and statements in single quotes, are meant.
    const words = ["-s", "sh", "-e", "SC2016,SC2034,SC2154", "-f", "gcc", path];
    expect(spawnSync("shellcheck", words, { encoding: "utf8" }).stdout).toBe("");
    for (const shell of ["dash", "bash"]) execFileSync(shell, ["-n", path]);
  });

  it("are good in the eyes of Python and systemd", () => {
    const path = write(`state-${flavour}.py`, "/usr/local/lib/provision/sql-state.py");
    execFileSync("python3", ["-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())", path]);
    const units = keys(resources, "file").filter((key) => key.endsWith(".service"));
    expect(units.length).toBe(flavour === "mariadb" ? 3 : 2);
    for (const unit of units) {
      const file = write(unit.slice(unit.lastIndexOf("/") + 1), unit);
      const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", file], { encoding: "utf8" });
      const own = stderr
        .split("\n")
        .filter((line) => line.includes(folder) && !/is not executable/.test(line));
      expect(own).toEqual([]);
    }
  });

  it("name no word of the other flavour", () => {
    const program = textAt("/usr/local/sbin/provision-sql", resources).split("fail() {")[1] ?? "";
    const foreign = flavour === "mariadb" ? /super_read_only|SOURCE_HOST|CLONE INSTANCE/ : /MASTER_|xbstream/;
    expect(program).not.toMatch(foreign);
  });
});

describe("the state of a member", () => {
  const data = join(folder, "data");
  const socket = join(folder, "sock");
  const bin = join(folder, "bin");
  /** Runs the fact with its paths moved, and a client that prints `answer` or fails. */
  function stateWith(answer: string | undefined, files: readonly string[]): string {
    rmSync(data, { recursive: true, force: true });
    mkdirSync(bin, { recursive: true });
    for (const file of files) mkdirSync(join(data, file), { recursive: true });
    writeFileSync(join(folder, "answer"), answer ?? "");
    writeFileSync(
      join(bin, "mariadb"),
      `#!/bin/sh\ncat >/dev/null\n${answer === undefined ? "exit 1" : `cat ${join(folder, "answer")}`}\n`,
    );
    chmodSync(join(bin, "mariadb"), 0o755);
    const text = briefState.replaceAll("/var/lib/mysql", data).replaceAll("/run/mysqld/mysqld.sock", socket);
    return execFileSync("dash", ["-c", text], {
      encoding: "utf8",
      env: { PATH: `${bin}:/usr/bin:/bin` },
    }).trim();
  }
  const values = (all: Readonly<Record<string, string>>): string =>
    Object.entries(all)
      .map(([name, value]) => `*** 1. row ***\nVariable_name: ${name}\n        Value: ${value}\n`)
      .join("");
  const replica = (io: string, sql: string, errors = ""): string =>
    `*** 1. row ***\n  Master_Host: 10.0.0.1\n  Slave_IO_Running: ${io}\n  Slave_SQL_Running: ${sql}\n${errors}`;
  const own = (count: number): string => `*** 1. row ***\nown_data: ${count}\n`;
  const closed = values({ gtid_current_pos: "0-1-9", read_only: "ON" });
  const uuids = ["fca25146-e76c-11f1-b774-f2ab84891b7e:1-5", "d540a33d-e76c-11f1-804d-4ad6f8a6b0e5:1-7"];

  it("is known without a daemon", () => {
    expect(stateWith(undefined, [])).toBe("none");
    expect(stateWith(undefined, ["mysql", "sys", "performance_schema", "#innodb_redo"])).toBe("fresh");
    expect(stateWith(undefined, ["mysql", "sys", "notes"])).toBe("down");
  });

  it.each<[string, string, string | undefined]>([
    ["down", "a daemon that does not answer", undefined],
    ["fresh", "no data, though it takes writes", values({ read_only: "OFF", gtid_current_pos: "" }) + own(0)],
    [
      "primary unarmed",
      "data of before, unlogged",
      values({ read_only: "OFF", gtid_current_pos: "" }) + own(1),
    ],
    [
      "primary",
      "commits wait",
      values({ read_only: "OFF", gtid_current_pos: "0-1-9", rpl_semi_sync_master_enabled: "ON" }) + own(1),
    ],
    [
      "primary unarmed",
      "they do not",
      values({ read_only: "OFF", gtid_current_pos: "0-1-9", rpl_semi_sync_master_enabled: "OFF" }) + own(1),
    ],
    ["closed 0-1-9", "follows nobody", closed + own(1)],
    ["replica 10.0.0.1", "follows", closed + own(1) + replica("Yes", "Yes")],
    [
      "replica-stopped 10.0.0.1",
      "its primary is away",
      closed + own(1) + replica("Connecting", "Yes", "  Last_IO_Errno: 2003\n"),
    ],
    [
      "replica-broken 10.0.0.1 1236",
      "it has diverged",
      closed + own(1) + replica("No", "Yes", "  Last_IO_Errno: 1236\n  Last_IO_Error: Got fatal error\n"),
    ],
    [
      "replica-broken 10.0.0.1 1062",
      "it cannot apply",
      closed + own(1) + replica("Yes", "No", "  Last_SQL_Errno: 1062\n"),
    ],
    [
      "replica-open 10.0.0.1",
      "it takes writes too",
      values({ read_only: "OFF", gtid_current_pos: "0-1-9" }) + replica("Yes", "Yes"),
    ],
    [
      "primary unarmed",
      "made the primary by hand",
      values({ read_only: "OFF", gtid_current_pos: "0-1-9" }) + replica("No", "No"),
    ],
    [
      `closed ${uuids.join(",")}`,
      "two lines of one position",
      values({ gtid_executed: uuids.join(",\n"), read_only: "ON" }) + own(1),
    ],
  ])("is %s: %s", async (expected, _name, answer) => {
    const server = createServer().listen(socket);
    await new Promise((done) => server.once("listening", done));
    try {
      expect(stateWith(answer, ["mysql"])).toBe(expected);
    } finally {
      await new Promise((done) => server.close(done));
    }
  });
});
