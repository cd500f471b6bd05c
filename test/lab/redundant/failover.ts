import { describe, expect, it } from "vitest";
import { provision } from "../support/command.ts";
import { must } from "../support/lab.ts";
import { Client, type Ledger, shownCertificate, Writer } from "./client.ts";
import {
  converge,
  databases,
  expectDone,
  expectNothingToDo,
  inventory,
  lab,
  missingNotes,
  on,
  primary,
  replicaField,
} from "./stack.ts";

const rounds = [1, 2, 3];

/** Lets `hurt` happen under a writer, and says what the writer was promised. */
async function underWrites(hurt: () => Promise<void>): Promise<Ledger> {
  const client = new Client(await shownCertificate());
  const writer = new Writer(client);
  try {
    await writer.progress(40, 30);
    await hurt();
    await writer.progress(40, 60);
  } finally {
    await writer.stop();
    client.close();
  }
  return writer.stop();
}

async function expectNoLoss(what: string, ledger: Ledger): Promise<void> {
  expect(await missingNotes(ledger.acknowledged)).toEqual([]);
  const { acknowledged, failed, pause } = ledger;
  process.stdout.write(
    `${what}: ${acknowledged.length} acknowledged, 0 missing, ${failed} not acknowledged, pause ${(pause / 1000).toFixed(2)} s\n`,
  );
}

/** Every member but the primary follows it, without an error. */
async function expectReplicas(): Promise<void> {
  const leader = await primary();
  for (const host of databases.filter((name) => name !== leader)) {
    expect(await replicaField(host, "Slave_IO_Running"), host).toBe("Yes");
    expect(await replicaField(host, "Slave_SQL_Running"), host).toBe("Yes");
    expect(await on(host, "mariadb -N -e 'SELECT @@read_only'"), host).toBe("1");
  }
}

/** Moves and losses of the primary, under a writer that keeps a ledger of what was acknowledged. */
export function failoverTests(): void {
  describe("the primary of the database, under writes", () => {
    it.each(rounds)("moves as planned, and nothing is lost (%i of 3)", async () => {
      const before = await primary();
      const ledger = await underWrites(async () =>
        expectDone(await provision("switchover", "db", "-i", inventory)),
      );
      expect(await primary()).not.toBe(before);
      await expectNoLoss("switchover", ledger);
      await expectReplicas();
    });

    it("is left where it is by the next run, which has nothing to do", async () => {
      const before = await primary();
      expectNothingToDo(await converge());
      expect(await primary()).toBe(before);
    });

    it.each(rounds)("is killed, another takes over, and nothing is lost (%i of 3)", async () => {
      const before = await primary();
      const ledger = await underWrites(async () => {
        await on(before, "systemctl kill -s KILL mariadb");
        expectDone(await provision("failover", "db", "-i", inventory));
      });
      expect(await primary()).not.toBe(before);
      expectDone(await converge());
      await expectNoLoss("failover after SIGKILL", ledger);
      await expectReplicas();
    });

    it.each(rounds)("loses its host, another takes over, and nothing is lost (%i of 3)", async () => {
      const before = await primary();
      const ledger = await underWrites(async () => {
        must(await lab.kill(before));
        expectDone(await provision("failover", "db", "-i", inventory));
      });
      must(await lab.start(before));
      expect(await primary()).not.toBe(before);
      expectDone(await converge());
      await expectNoLoss("failover after power-off", ledger);
      await expectReplicas();
    });

    it("was moved behind the tool's back: the run leaves it there, and repairs the rest", async () => {
      const before = await primary();
      const next = databases.find((name) => name !== before) ?? "";
      await on(before, "mariadb -e 'SET GLOBAL read_only=1'");
      await on(next, "sleep 1; mariadb -e 'STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only=0'");
      expectDone(await converge());
      expect(await primary()).toBe(next);
      await expectReplicas();
      expectNothingToDo(await converge());
    });

    it("leaves a replica that a power cut caught between the renames of a copy with the data it had", async () => {
      const before = await primary();
      const replica = databases.find((name) => name !== before) ?? "";
      await on(replica, "systemctl stop mariadb && mv /var/lib/mysql /var/lib/mysql.before");
      expectDone(await converge());
      await expectReplicas();
      await on(replica, "[ ! -e /var/lib/mysql.before ]");
      expectNothingToDo(await converge());
    });

    it("does not move while it lives, nor to one that is none of its replicas", async () => {
      const refused = await provision("failover", "db", "-i", inventory);
      expect(refused.code).toBe(1);
      expect(refused.out).toContain("is not dead");
      const unknown = await provision("switchover", "db", "-i", inventory, "--to", "web1");
      expect(unknown.code).toBe(3);
      expect(unknown.out).toContain("web1 is not a member of sql");
    });
  });
}
