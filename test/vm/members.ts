import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { z } from "zod";
import { addressOf, LOGIN, names, on, scratch } from "./machines.ts";
import { type Access, Writer } from "./writer.ts";

const PASSWORD = "of-the-writer-only";

/** Three members with their own store. */
export const inventory = `${LOGIN}    roles: [etcd, mysql]
    mysql:
      databases: { ledger: {} }
      users: { writer: { database: ledger, password: ${PASSWORD} } }
  hosts:
${names.map((name) => `    ${name}: { ansible_host: ${addressOf(name)} }\n`).join("")}`;

const Document = z.object({
  role: z.string(),
  boot: z.string(),
  waits_for: z.string(),
  reason: z.string(),
  sync: z.object({ complete: z.boolean(), members: z.array(z.string()) }).nullable(),
});

/** What the keeper of a machine says; undefined while it says nothing. */
async function asked(name: string): Promise<z.infer<typeof Document> | undefined> {
  try {
    const answer = await fetch(`http://${addressOf(name)}:9200/patroni`, {
      signal: AbortSignal.timeout(3000),
    });
    return Document.parse(await answer.json());
  } catch {
    return undefined;
  }
}

/** Waits until a member leads, and both others have every acknowledged write since they were started. Returns who leads. */
export async function whole(seconds: number): Promise<string> {
  let said = "";
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(500)) {
    const documents = await Promise.all(names.map(asked));
    const leader = documents.findIndex((one) => one?.role === "primary");
    const sync = documents[leader]?.sync;
    const followers = names
      .map((name, at) => `${name}@${documents[at]?.boot}`)
      .filter((_, at) => at !== leader);
    if (sync?.complete && sync.members.join() === followers.join()) return names[leader] ?? "";
    said = JSON.stringify(documents);
  }
  throw new Error(`not whole after ${seconds} s: ${said}`);
}

/** Starts a program on this machine that writes to the leader. */
export async function startWriter(name: string): Promise<Writer> {
  const ca = join(scratch, "ca.pem");
  writeFileSync(ca, `${await on(names[0] ?? "", "cat /etc/mysql/provision/ca.pem")}\n`);
  const access: Access = {
    members: names.map(addressOf),
    statePort: 9200,
    database: "ledger",
    user: "writer",
    password: PASSWORD,
    ca,
  };
  return new Writer(access, join(scratch, name));
}

/** All members have the same rows, and every acknowledged write among them. */
export async function expectAllRows(writers: readonly Writer[]): Promise<void> {
  let rows = await rowsOfAll();
  // What a member has acknowledged it has, but perhaps not applied yet.
  for (let tries = 0; new Set(rows).size > 1 && tries < 10; tries += 1) {
    await sleep(2000);
    rows = await rowsOfAll();
  }
  const ids = rows.map((text) => new Set(text.split("\n")));
  const all = [...new Set(ids.flatMap((one) => [...one]))];
  const lacking = names.map((name, at) => [name, all.filter((id) => !ids[at]?.has(id))]);
  expect(Object.fromEntries(lacking), "rows that others have").toEqual(
    Object.fromEntries(names.map((name) => [name, []])),
  );
  const kept = new Set(all);
  const acknowledged = writers.flatMap((writer) => writer.acknowledged());
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(
    acknowledged.filter(({ id }) => !kept.has(id)),
    "acknowledged writes that are missing",
  ).toEqual([]);
}

const rowsOfAll = (): Promise<readonly string[]> =>
  Promise.all(names.map((name) => on(name, "mariadb -N -e 'SELECT id FROM ledger.ledger ORDER BY id'")));
