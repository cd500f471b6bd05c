import { describe, expect, it } from "vitest";
import { brokenPromises, type Seen } from "../../src/drill/verdict.ts";
import type { Bounds, KindFigures } from "../../src/model/drill.ts";

const figures = (changed: Partial<KindFigures> = {}): KindFigures => ({
  sent: 100,
  failed: {},
  late: 0,
  interval: 0.05,
  gap: 0.05,
  slowest: 0.1,
  ...changed,
});

const promise: Bounds = { reads: 2.5, writes: 1.2, fails: "writes", stays: false };

const seen = (changed: Partial<Seen> = {}): Seen => ({
  fault: "sql: leader killed",
  service: "sql",
  tier: "database",
  way: "killed",
  round: 1,
  hit: ["db1"],
  begun: 1,
  healed: 5,
  whole: 7,
  promise,
  kinds: { read: figures(), write: figures() },
  missing: [],
  stale: [],
  lostKeys: 0,
  moves: ["sql: db1 → db2"],
  strayed: ["sql: db1 → db2"],
  alerts: [],
  left: [],
  helped: [],
  ...changed,
});

describe("a promise that was kept", () => {
  it("is none that was broken", () => {
    expect(brokenPromises(seen())).toEqual([]);
  });

  it("writes may fail while they pause, if the service says so", () => {
    expect(brokenPromises(seen({ kinds: { write: figures({ failed: { "503": 2 } }) } }))).toEqual([]);
  });
});

describe("a promise that was broken", () => {
  const broken: readonly (readonly [string, Partial<Seen>, string])[] = [
    ["a long pause of reads", { kinds: { read: figures({ gap: 2.7 }) } }, "2.7 s without a read, not 2.5"],
    ["a slow read", { kinds: { read: figures({ slowest: 3 }) } }, "the slowest read took 3 s"],
    ["a read that failed", { kinds: { read: figures({ failed: { "503": 2 } }) } }, "read: 2 × 503"],
    [
      "a write that failed when the pause was over",
      { kinds: { write: figures({ failed: { "503": 2 }, late: 1 }) } },
      "write: 1 failed after the pause",
    ],
    ["a lost write", { missing: ["db1: x"] }, "1 acknowledged writes are missing: db1: x"],
    [
      "many lost writes: not all are named",
      { missing: ["a", "b", "c", "d", "e"] },
      "5 acknowledged writes are missing: a, b, c and 2 more",
    ],
    [
      "a stale read",
      { stale: ["x after 0.10 s"] },
      "1 reads did not show a write that was acknowledged before: x after 0.10 s",
    ],
    ["lost keys", { lostKeys: 3 }, "3 keys of the cache are lost"],
    ["a move", { promise: { ...promise, stays: true } }, "moved, but must not: sql: db1 → db2"],
    ["no recovery", { whole: undefined }, "it did not become whole again"],
    [
      "help",
      { helped: ["db1: x did not start again by itself"] },
      "needed help: db1: x did not start again by itself",
    ],
  ];

  it.each(broken)("%s", (_, changed, words) => {
    expect(brokenPromises(seen(changed))).toEqual([words]);
  });

  it("no lost keys where no member of the cache was left", () => {
    expect(brokenPromises(seen({ lostKeys: 3, promise: { ...promise, forgets: true } }))).toEqual([]);
  });

  it("a promise that nothing fails", () => {
    const kinds = { write: figures({ failed: { "503": 2 } }) };
    expect(brokenPromises(seen({ kinds, promise: { ...promise, fails: "nothing" } }))).toEqual([
      "write: 2 × 503",
    ]);
  });
});
