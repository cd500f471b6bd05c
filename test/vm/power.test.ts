import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MINUTES, measured } from "./figures.ts";
import { clear, command, cutPower, names, on, prepare, scratch, startMachine } from "./machines.ts";
import { expectAllRows, inventory, startWriter, whole } from "./members.ts";
import type { Writer } from "./writer.ts";

/*
 * A database whose hosts lose their power, and with it all that was not flushed to their disks. How: machines.ts.
 */

/** Seconds that members may take after a cut; those that are off have to boot first. */
const PATIENCE = 120;

beforeAll(() => prepare(inventory), 10 * MINUTES);
afterAll(clear, 5 * MINUTES);

const { figures, timed } = measured(command);

const writers: Writer[] = [];

/** Cuts power while a program writes. `cut` returns when all machines are on again. In the end all members must be whole. */
async function underWrites(
  what: string,
  cut: (leader: string, writer: Writer) => Promise<void>,
): Promise<void> {
  const leader = await whole(PATIENCE);
  const writer = await startWriter(`ledger-${writers.length}`);
  writers.push(writer);
  let pause = 0;
  try {
    await writer.acknowledges(100, PATIENCE);
    await cut(leader, writer);
    await whole(PATIENCE);
    await writer.acknowledges(20, PATIENCE);
  } finally {
    pause = await writer.stop();
  }
  await whole(PATIENCE);
  await expectAllRows(writers);
  const { length } = writer.acknowledged();
  figures.push(`${what}: ${pause.toFixed(1)} s without a write; ${length} acknowledged, 0 missing`);
}

/** What must be there after a cut, and what must not: else the cut is none, and this file proves nothing. */
const leaveTraces = (name: string): Promise<string> =>
  on(
    name,
    "cd /var/lib; rm -f flushed unflushed; echo flushed > flushed; sync flushed; echo unflushed > unflushed",
  );

const foundTraces = (name: string): Promise<string> =>
  on(name, "cd /var/lib; cat flushed; cat unflushed 2>&- || true");

describe(`three members of a database, in ${scratch}`, () => {
  it(
    "come up on disks that obey a flush",
    async () => {
      await timed("first run", ["-i", "hosts.yml"]);
      for (const name of names)
        expect(await on(name, "findmnt -no FSTYPE,OPTIONS --target /var/lib/mysql")).toMatch(
          /^ext4 +(?!.*nobarrier)/,
        );
    },
    10 * MINUTES,
  );

  it(
    "lose the leader's power: the others take over, and it comes back as one of them",
    () =>
      underWrites("the leader's power is cut", async (leader, writer) => {
        await leaveTraces(leader);
        await cutPower([leader]);
        await writer.acknowledges(50, PATIENCE);
        await startMachine(leader);
        expect(await whole(PATIENCE)).not.toBe(leader);
        expect(await foundTraces(leader)).toBe("flushed");
      }),
    10 * MINUTES,
  );

  it(
    "all lose their power at once, and come back by themselves",
    () =>
      underWrites("the power of all is cut", async () => {
        await cutPower(names);
        await Promise.all(names.map(startMachine));
      }),
    10 * MINUTES,
  );

  it(
    "have copied a lost disk: the copy is on its own disk before it counts",
    () =>
      underWrites("the power of all is cut after a copy", async (leader) => {
        const [lost = ""] = names.filter((name) => name !== leader);
        await on(
          lost,
          "systemctl stop provision-keeper; systemctl stop mariadb; rm -rf /var/lib/mysql/*; systemctl start provision-keeper",
        );
        await whole(PATIENCE);
        await cutPower(names);
        await Promise.all(names.map(startMachine));
      }),
    10 * MINUTES,
  );

  it(
    "have nothing left to do",
    async () => void (await timed("check", ["check", "-i", "hosts.yml"])),
    5 * MINUTES,
  );
});
