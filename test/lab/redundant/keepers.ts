import { describe, expect, it } from "vitest";
import { provision } from "../support/command.ts";
import { faults } from "./faults.ts";
import { installLedger, type Seen, underLoad } from "./load.ts";
import { expectNothingToDo, inventory } from "./stack.ts";

/**
 * How often each fault happens, and a part of the names of those that do. Without the second, those happen that no drill plays:
 * all of them take six minutes a round.
 */
const { PROVISION_ROUNDS: rounds = "1", PROVISION_FAULT: only } = process.env;
const chosen = faults.filter(({ what, always }) => (only === undefined ? always : what.includes(only)));

/** Faults of every kind, and what programs see of them. */
export function keeperTests(): void {
  describe("the database, while programs write and read, and nobody attends", () => {
    it("is used by a program with a ledger", installLedger);

    it.each(chosen)(
      "$what: nothing that was acknowledged is lost",
      { timeout: Number(rounds) * 150_000 },
      async ({ what, hurt, seconds = 10, stays = false }) => {
        const all: Seen[] = [];
        for (let count = 0; count < Number(rounds); count += 1) {
          const seen = await underLoad(seconds, hurt);
          if (stays) expect(seen.moved, "the leader moved").toBe(false);
          expect(seen.stale, "stale reads through the writer").toEqual([]);
          expect(seen.failing, "writes refused after the last acknowledged one").toBe(0);
          all.push(seen);
        }
        report(what, all);
      },
    );

    it("leave nothing to do", async () => {
      expectNothingToDo(await provision("check", "-i", inventory));
    });
  });
}

function report(what: string, all: readonly Seen[]): void {
  const told = (values: readonly number[]): string => {
    const sorted = [...values].sort((a, b) => a - b);
    const [least = 0, middle = 0, most = 0] = [0, sorted.length >> 1, sorted.length - 1].map(
      (at) => sorted[at],
    );
    return sorted.length === 1 ? `${middle} s` : `${middle} s (${least} to ${most})`;
  };
  const seconds = (of: (seen: Seen) => number): string =>
    told(all.map((seen) => Number(of(seen).toFixed(2))));
  const acknowledged = all.reduce((sum, seen) => sum + seen.acknowledged, 0);
  process.stdout.write(
    `${what}: without a write ${seconds(({ pause }) => pause)}, at the database ${seconds(({ writes }) => writes)}; without a read of the writer ${seconds(({ writerReads }) => writerReads)}, of the reader ${seconds(({ readerReads }) => readerReads)}; ${acknowledged} acknowledged, 0 missing\n`,
  );
}
