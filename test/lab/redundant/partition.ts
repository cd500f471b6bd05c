import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { provision } from "../support/command.ts";
import { must } from "../support/lab.ts";
import { installLedger, underLoad, whole } from "./load.ts";
import { converge, databases, expectDone, expectNothingToDo, inventory, lab, primary } from "./stack.ts";

/** Runs at every stage of a partition: nothing they do discards an acknowledged write. */
export function partitionTests(): void {
  describe("a leader that is cut off, and runs before, while and after", () => {
    it("is used by a program with a ledger", installLedger);

    it("a run just before, one while it is cut off, one for it alone, one right after the link is back", async () => {
      const seen = await underLoad(60, async (leader) => {
        expectDone(await converge("--limit", "db"));
        must(await lab.linkDown(leader));
        const alone = await converge("--limit", leader);
        expect(alone.code, alone.out).toBe(4);
        const others = await converge("--limit", "db");
        expect(others.code, others.out).toBe(4);
        const asked = await provision("failover", "db", "-i", inventory);
        expect(asked.code, asked.out).toBe(1);
        expect(await primaryBeside(leader)).not.toBe(leader);
        must(await lab.linkUp(leader));
        expectDone(await converge("--limit", "db"));
        expectDone(await converge());
      });
      expect(seen.stale).toEqual([]);
      expect(seen.failing).toBe(0);
      expectNothingToDo(await converge());
    });

    it("and then the new leader loses power, and two controllers run at once", async () => {
      const seen = await underLoad(60, async (leader) => {
        must(await lab.linkDown(leader));
        await sleep(9000);
        const next = await primaryBeside(leader);
        must(await lab.linkUp(leader));
        must(await lab.powerOff(next));
        const runs = await Promise.all([converge("--limit", "db"), converge("--limit", leader), converge()]);
        for (const run of runs) expect([0, 1, 3, 4], run.out).toContain(run.code);
        must(await lab.powerOn(next));
        await whole();
        expectDone(await converge());
      });
      expect(seen.stale).toEqual([]);
      expect(seen.failing).toBe(0);
      expectNothingToDo(await converge());
    });
  });
}

/** Who leads among the others. */
async function primaryBeside(cut: string): Promise<string> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(200))
    for (const host of databases.filter((name) => name !== cut)) {
      const asked = await lab.exec(
        host,
        "curl -q -fs -o /dev/null --max-time 2 http://127.0.0.1:9200/primary",
        10,
      );
      if (asked.ok && asked.value.code === 0) return host;
    }
  return primary();
}
