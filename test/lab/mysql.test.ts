import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Ended, root, start } from "./support/command.ts";
import { wholeDatabase } from "./support/database.ts";
import { must, type TestLab, testLab } from "./support/lab.ts";

/*
 * MySQL on three hosts with Debian sid, which alone has it, and a program that uses it on an application server. The tests follow
 * each other in the life of one database. PROVISION_ROUNDS: how often each fault happens.
 */
const { PROVISION_ROUNDS: rounds = "1" } = process.env;
const members = ["q1", "q2", "q3"] as const;
const addressOf = (name: string): string => `10.82.0.${name === "app1" ? 31 : 40 + Number(name.slice(1))}`;
const program = "/root/ledger.py";
const ledger = "/root/acknowledged";

const inventory = `all:
  vars:
    ansible_user: root
    ansible_ssh_private_key_file: lab/id_ed25519
    ansible_ssh_common_args: "-o UserKnownHostsFile=lab/known_hosts"
  children:
    app:
      vars: { roles: [common, sidecar, gunicorn], gunicorn: { database: notes } }
      hosts: { app1: { ansible_host: ${addressOf("app1")} } }
    db:
      vars:
        roles: [common, etcd, mysql]
        mysql: { flavour: mysql, databases: { notes: {} }, users: { notes: { database: notes } } }
      hosts: { ${members.map((name) => `${name}: { ansible_host: ${addressOf(name)} }`).join(", ")} }
`;

let lab: TestLab;
beforeAll(async () => {
  lab = await testLab([
    { name: "app1", address: addressOf("app1") },
    ...members.map((name) => ({ name, address: addressOf(name), suite: "sid" })),
  ]);
  writeFileSync(join(lab.folder, "inventory.yml"), inventory);
});
afterAll(() => lab?.down());

const run = (...args: readonly string[]): Promise<Ended> =>
  start([...args, "-i", "inventory.yml"], lab.folder).ended;

async function converge(): Promise<void> {
  const { code, out } = await run();
  expect(code, out).toBe(0);
}

async function nothingToDo(): Promise<void> {
  const { code, out } = await run();
  expect(code, out).toBe(0);
  expect(out).toContain("nothing to change on 4 hosts");
}

const sql = async (host: string, statement: string): Promise<string> =>
  (await lab.on(host, `mysql -N -e ${JSON.stringify(statement)}`)).trim();

/** Waits until a member leads and both others follow it, with every acknowledged write. Returns the leader. */
const whole = (): Promise<string> => wholeDatabase(lab.lab, members);

const aside = async (host: string): Promise<string> =>
  (await lab.on(host, "ls -d /var/lib/mysql.aside-* 2>/dev/null || true")).trim();

const figures = z.object({
  acknowledged: z.number(),
  failing: z.number(),
  writes: z.number(),
  readerReads: z.number(),
  stale: z.array(z.string()),
});
type Figures = z.infer<typeof figures>;

/** Waits until all members have the same rows: one that comes back is in the set before it has applied what it missed. */
async function sameRows(): Promise<void> {
  const select = "SELECT CONCAT_WS(' ', id, writer, number) FROM notes.ledger ORDER BY id";
  let rows: readonly (readonly string[])[] = [];
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(300)) {
    rows = await Promise.all(members.map(async (host) => (await sql(host, select)).split("\n")));
    if (new Set(rows.map((one) => one.join("\n"))).size === 1) return;
  }
  const all = [...new Set(rows.flat())];
  const lacking = members.map((host, at) => {
    const own = new Set(rows[at]);
    const missing = all.filter((row) => !own.has(row));
    return `${host}: ${missing.length}: ${missing.slice(0, 3).join(", ")}`;
  });
  throw new Error(`rows that others have: ${lacking.join("; ")}`);
}

/** What the keeper of a member says and did, and what its daemon says of its replication. */
async function told(host: string): Promise<string> {
  const said = await lab.lab.exec(
    host,
    "curl -q -s --max-time 2 http://127.0.0.1:9200/patroni; echo; journalctl -u provision-keeper -o short-precise -n 60 --no-pager; mysql -E -e 'SHOW REPLICA STATUS'",
    20,
  );
  return `${host}: ${said.ok ? `${said.value.stdout}${said.value.stderr}` : said.error.message}`;
}

/** Lets something happen to the leader under load. Every acknowledged write must be there afterwards, on all members. */
async function underLoad(seconds: number, hurt: (leader: string) => Promise<void>): Promise<Figures> {
  const leader = await whole();
  try {
    return await hurtUnderLoad(leader, seconds, hurt);
  } catch (error) {
    process.stdout.write(`${(await Promise.all(members.map(told))).join("\n\n")}\n`);
    throw error;
  }
}

async function hurtUnderLoad(
  leader: string,
  seconds: number,
  hurt: (leader: string) => Promise<void>,
): Promise<Figures> {
  const load = lab.on("app1", `python3 ${program} ${seconds} ${ledger}`);
  await sleep(2000 + Math.random() * 1000);
  await hurt(leader);
  const seen = figures.parse(JSON.parse(await load));
  const now = await whole();
  await sameRows();
  const kept = new Set((await sql(now, "SELECT id FROM notes.ledger")).split("\n"));
  const acknowledged = (await lab.on("app1", `cat ${ledger}`)).trim().split("\n");
  expect(
    acknowledged.filter((id) => !kept.has(id)),
    "acknowledged rows that are missing",
  ).toEqual([]);
  expect(seen.stale, "stale reads through the writer").toEqual([]);
  expect(seen.failing, "writes refused after the last acknowledged one").toBe(0);
  return seen;
}

const signal = async (host: string, name: string): Promise<void> =>
  void (await lab.on(host, `systemctl kill -s ${name} mysql`));

const faults: readonly {
  readonly what: string;
  readonly seconds: number;
  /** The longest time without a write, in seconds, on a machine that does other work meanwhile. */
  readonly most: number;
  hurt(leader: string): Promise<void>;
}[] = [
  { what: "the leader's daemon is killed", seconds: 8, most: 4, hurt: (leader) => signal(leader, "KILL") },
  { what: "the leader's daemon is frozen", seconds: 11, most: 8, hurt: (leader) => signal(leader, "STOP") },
  {
    what: "a planned move",
    seconds: 8,
    most: 4,
    hurt: async () => {
      const { code, out } = await run("switchover", "db");
      expect(code, out).toBe(0);
    },
  },
  {
    what: "the leader's link is cut and back",
    seconds: 20,
    most: 11,
    hurt: async (leader) => {
      must(await lab.lab.linkDown(leader));
      await sleep(10_000);
      must(await lab.lab.linkUp(leader));
    },
  },
  {
    what: "all daemons are killed at once",
    seconds: 20,
    most: 18,
    hurt: async () => void (await Promise.all(members.map((host) => signal(host, "KILL")))),
  },
];

function tell(what: string, all: readonly Figures[]): void {
  const of = (values: readonly number[]): string => {
    const sorted = [...values].sort((a, b) => a - b);
    return `${sorted[sorted.length >> 1]} s (${sorted[0]} to ${sorted.at(-1)})`;
  };
  const sum = all.reduce((total, { acknowledged }) => total + acknowledged, 0);
  process.stdout.write(
    `${what}: without a write ${of(all.map(({ writes }) => writes))}, without a read ${of(all.map(({ readerReads }) => readerReads))}; ${sum} acknowledged, 0 missing\n`,
  );
}

describe("MySQL", () => {
  it("is built from bare hosts, and the second run finds nothing to do", async () => {
    await converge();
    await whole();
    await nothingToDo();
  });

  it("lets no program write to a member that does not lead, and nobody come in without a certificate", async () => {
    const text = readFileSync(join(root, "test/lab/redundant/ledger.py")).toString("base64");
    await lab.on("app1", `echo ${text} | base64 -d > ${program}`);
    const leader = await whole();
    const armed =
      "@@rpl_semi_sync_source_enabled, @@rpl_semi_sync_source_timeout, @@rpl_semi_sync_source_wait_for_replica_count, @@rpl_semi_sync_source_wait_no_replica, @@rpl_semi_sync_source_wait_point";
    expect(await sql(leader, `SELECT ${armed}`)).toBe("1\t4294967295\t1\t1\tAFTER_SYNC");
    const replica = members.find((name) => name !== leader) ?? "";
    const write = `. /etc/gunicorn-notes/environment; python3 -c 'import pymysql, sys
pymysql.connect(host=sys.argv[1], user="notes", password=sys.argv[2], database="notes", ssl={"ca": "/etc/gunicorn-notes/sql-ca.pem"}).cursor().execute("CREATE TABLE refused (id INT)")' ${addressOf(replica)} "$SQL_PASSWORD"`;
    const { code, stderr } = must(await lab.lab.exec("app1", write, 30));
    expect(code).not.toBe(0);
    expect(stderr).toContain("--read-only option");
    const accounts = await sql(
      leader,
      "SELECT DISTINCT ssl_type FROM mysql.user WHERE User LIKE 'member%' OR User = 'notes' ORDER BY 1",
    );
    expect(accounts).toBe("ANY\nX509");
    for (const host of members)
      expect(await sql(host, "SELECT plugin FROM mysql.user WHERE User = 'root'")).toBe("auth_socket");
  });

  it.each(faults)(
    "$what: nothing that was acknowledged is lost",
    async ({ what, seconds, most, hurt }) => {
      const all: Figures[] = [];
      for (let count = 0; count < Number(rounds); count += 1) all.push(await underLoad(seconds, hurt));
      tell(what, all);
      expect(Math.max(...all.map(({ writes }) => writes))).toBeLessThan(most);
    },
    Number(rounds) * 120_000,
  );

  it("gives a replica that lost its disk a copy, by itself", async () => {
    const leader = await whole();
    const host = members.find((name) => name !== leader) ?? "";
    await lab.on(host, "rm -rf /var/lib/mysql.aside-*"); // MySQL keeps data aside where it was killed as the leader
    await lab.on(host, "systemctl kill -s KILL mysql; rm -rf /var/lib/mysql");
    await sleep(2000);
    await whole();
    expect(await aside(host)).toBe("");
    const servers = await Promise.all(members.map((name) => sql(name, "SELECT @@server_uuid")));
    expect(new Set(servers).size).toBe(3);
    expect(await sql(host, "SELECT plugin FROM mysql.user WHERE User = 'root'")).toBe("auth_socket");
  });

  it("keeps writes of a member's own aside, and gives it a copy", async () => {
    const leader = await whole();
    const host = members.find((name) => name !== leader) ?? "";
    await lab.on(host, "rm -rf /var/lib/mysql.aside-*; systemctl stop provision-keeper");
    await sql(host, "STOP REPLICA; SET GLOBAL read_only = 0; CREATE DATABASE stray");
    await sleep(3000);
    await lab.on(host, "systemctl start provision-keeper");
    await sleep(2000);
    await whole();
    expect(await aside(host)).toMatch(/^\/var\/lib\/mysql\.aside-\d{8}T\d{6}Z-term\d+$/);
    expect(await sql(host, "SHOW DATABASES LIKE 'stray'")).toBe("");
    expect((await lab.on(host, "[ -d /var/lib/mysql.aside-*/stray ] && echo kept")).trim()).toBe("kept");
    await lab.on(host, "rm -rf /var/lib/mysql.aside-*");
    await nothingToDo();
  });
});
