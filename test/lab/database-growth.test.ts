import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Ended, start } from "./support/command.ts";
import { type TestLab, testLab } from "./support/lab.ts";

/* A database that begins alone, grows to three members, and goes back to one. The tests follow each other in its life. */

const names = ["g1", "g2", "g3"] as const;
const addressOf = (name: string): string => `10.83.0.4${name.slice(1)}`;

const inventoryOf = (members: readonly string[], roles: readonly string[]): string => `all:
  vars:
    ansible_user: root
    ansible_ssh_private_key_file: lab/id_ed25519
    ansible_ssh_common_args: "-o UserKnownHostsFile=lab/known_hosts"
    mysql: { databases: { notes: {} } }
  hosts:
${names
  .map((name) => {
    const own = [...roles, ...(members.includes(name) ? ["mysql"] : [])];
    return `    ${name}: { ansible_host: ${addressOf(name)}, roles: [${own.join(", ")}] }\n`;
  })
  .join("")}`;

let lab: TestLab;
beforeAll(async () => {
  lab = await testLab(names.map((name) => ({ name, address: addressOf(name) })));
});
afterAll(() => lab?.down());

const run = (...args: readonly string[]): Promise<Ended> =>
  start([...args, "-i", "inventory.yml"], lab.folder).ended;

/** Two runs with these members: the second finds nothing to do. */
async function converge(members: readonly string[], roles: readonly string[]): Promise<void> {
  writeFileSync(join(lab.folder, "inventory.yml"), inventoryOf(members, roles));
  const first = await run();
  expect(first.code, first.out).toBe(0);
  const second = await run();
  expect(second.code, second.out).toBe(0);
  expect(second.out).toContain("nothing to change on 3 hosts");
}

const sql = async (host: string, statement: string): Promise<string> =>
  (await lab.on(host, `mariadb -N -e ${JSON.stringify(statement)}`)).trim();
const write = (host: string, number: number): Promise<string> =>
  sql(host, `INSERT INTO notes.numbers VALUES (${number})`);
const read = (host: string): Promise<string> =>
  sql(host, "SELECT GROUP_CONCAT(number ORDER BY number) FROM notes.numbers");

it("is one member without a store, and takes writes", async () => {
  await converge(["g1"], ["common"]);
  await sql("g1", "CREATE TABLE notes.numbers (number INT PRIMARY KEY)");
  await write("g1", 1);
});

it("grows to three in one run, with all that it had, and then loses no write with its leader", async () => {
  await converge(names, ["common", "etcd"]);
  await write("g1", 2);
  await lab.on("g1", "systemctl stop provision-keeper; systemctl kill -s KILL mariadb");
  const [leader] = await Promise.all(["g2", "g3"].map(leads)).then((found) => found.flat());
  expect(leader).toBeDefined();
  expect(await read(leader ?? "")).toBe("1,2");
  await write(leader ?? "", 3);
  const part = "curl -q -fs --max-time 2 -o /dev/null http://127.0.0.1:9200/part";
  await lab.on(
    "g1",
    `systemctl start provision-keeper; for i in $(seq 120); do ${part} && break; sleep 0.25; done`,
  );
  expect(await lab.on("g1", "ls -d /var/lib/mysql.aside-* 2>/dev/null || true"), "kept aside").toBe("");
  const back = await run("check");
  expect(back.code, back.out).toBe(0);
});

/** The host, if it leads within some seconds. */
async function leads(host: string): Promise<readonly string[]> {
  const ask = "curl -q -fs --max-time 2 -o /dev/null http://127.0.0.1:9200/primary";
  const said = await lab.on(
    host,
    `for i in $(seq 40); do ${ask} && echo leads && break; sleep 0.25; done; true`,
  );
  return said.trim() === "leads" ? [host] : [];
}

it("goes back to one while it is paused; the others take no writes, and nothing is left of the tool there but their data", async () => {
  const moved = await run("switchover", "sql", "--to", "g1");
  expect(moved.code, moved.out).toBe(0);
  await lab.on("g1", "curl -q -fsS -X POST http://127.0.0.1:9200/pause");
  await converge(["g1"], ["common", "etcd"]);
  expect(await read("g1")).toBe("1,2,3");
  await write("g1", 4);
  for (const host of ["g2", "g3"]) {
    expect(await sql(host, "SELECT @@read_only")).toBe("1");
    await lab.on(host, "systemctl disable --now provision-keeper && systemctl stop mariadb");
  }
  const pruned = await run("--prune", "--force");
  expect(pruned.code, pruned.out).toBe(0);
  const left = await run("check");
  expect(left.code, left.out).toBe(0);
  await lab.on("g2", "[ -d /var/lib/mysql/notes ] && [ ! -e /etc/mysql/provision/keeper.json ]");
});
