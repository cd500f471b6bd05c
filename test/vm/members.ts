import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { wholeDatabase } from "../lab/support/database.ts";
import { addressOf, LOGIN, lab, names, on, scratch } from "./machines.ts";
import { type Access, Writer } from "./writer.ts";

const PASSWORD = "of-the-writer-only";

/** Three members with their own store. */
export const inventory = `${LOGIN}    roles: [etcd, mysql]
    mysql:
      databases: { ledger: {} }
      users: { writer: { database: ledger, password: ${PASSWORD} } }
  hosts:
${names.map((name) => `    ${name}: { ansible_host: ${addressOf(name)} }\n`).join("")}`;

/** Waits until a member leads, and both others have every acknowledged write. Returns who leads. */
export const whole = (seconds: number): Promise<string> => wholeDatabase(lab, names, seconds);

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
