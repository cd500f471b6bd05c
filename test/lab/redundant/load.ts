import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { z } from "zod";
import { root } from "../support/command.ts";
import { wholeDatabase } from "../support/database.ts";
import { Client, shownCertificate, Writer } from "./client.ts";
import { databases, lab, missingNotes, on, primary } from "./stack.ts";

/** What `ledger.py` says after its load. Times in seconds. */
const Said = z.object({
  acknowledged: z.number(),
  refused: z.number(),
  reasons: z.array(z.string()),
  /** Writes that were refused after the last acknowledged one. */
  failing: z.number(),
  /** The longest times without an acknowledged write, a read of the writer, a read of the reader. */
  writes: z.number(),
  writerReads: z.number(),
  readerReads: z.number(),
  stale: z.array(z.string()),
});

/** What programs saw: one on an application server, and with `pause` (seconds without a write) clients of the whole stack. */
export type Seen = z.infer<typeof Said> & { readonly pause: number; readonly moved: boolean };

const program = "/root/ledger.py";
const ledger = "/root/acknowledged";

/** Puts the program that keeps the ledger on an application server. */
export async function installLedger(): Promise<void> {
  const text = readFileSync(join(root, "test/lab/redundant/ledger.py")).toString("base64");
  await on("app1", `echo ${text} | base64 -d > ${program}; rm -f ${ledger}`);
}

/** Lets something happen at a random moment of a load of some seconds; in the end all members must be whole, with the same rows. */
export async function underLoad(seconds: number, hurt: (leader: string) => Promise<void>): Promise<Seen> {
  const leader = await primary();
  const client = new Client(await shownCertificate());
  const load = lab.exec("app1", `python3 ${program} ${seconds} ${ledger}`, seconds + 60);
  const writer = new Writer(client, 2);
  try {
    await sleep(2000 + Math.random() * 1500);
    await hurt(leader);
    const done = await load;
    const { acknowledged, pause } = await writer.stop();
    if (!done.ok || done.value.code !== 0) throw new Error(JSON.stringify(done));
    await whole();
    expect(await missingNotes(acknowledged), "acknowledged notes").toEqual([]);
    await expectSameRows();
    const moved = (await primary()) !== leader;
    return { ...Said.parse(JSON.parse(done.value.stdout)), pause: pause / 1000, moved };
  } finally {
    await writer.stop();
    client.close();
  }
}

/** Waits until a member leads and all others follow it, with every acknowledged write. */
export async function whole(): Promise<void> {
  await wholeDatabase(lab, databases);
}

/** All members have the same rows, and every acknowledged one. */
async function expectSameRows(): Promise<void> {
  const rows = (table: string): string =>
    `mariadb -N -e 'SELECT * FROM notes.${table} ORDER BY id' | sha256sum`;
  const said = await Promise.all(databases.map((host) => on(host, `${rows("ledger")}; ${rows("notes")}`)));
  expect(new Set(said).size, said.join("\n")).toBe(1);
  const kept = new Set(
    (await on(await primary(), "mariadb -N -e 'SELECT id FROM notes.ledger'")).split("\n"),
  );
  const acknowledged = (await on("app1", `cat ${ledger}`)).split("\n").filter((line) => line !== "");
  expect(
    acknowledged.filter((id) => !kept.has(id)),
    "acknowledged rows that are missing",
  ).toEqual([]);
}
