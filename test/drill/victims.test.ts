import { describe, expect, it } from "vitest";
import { randomFrom } from "../../src/drill/seed.ts";
import { victimsOf } from "../../src/drill/victims.ts";
import type { Fault, Part } from "../../src/model/drill.ts";

const hosts = ["db1", "db2", "db3"];
const leaders = new Map([["sql", "db2"]]);
const topology = { services: new Map() };

const fault = (part: Part, leaderOf: string | undefined = "sql"): Fault => ({
  name: `sql: ${part} killed`,
  service: "sql",
  leaderOf,
  role: "mysql",
  tier: "database",
  part,
  way: "killed",
  hosts,
  seconds: 4,
  promise: { reads: 2.5, writes: 2.5, fails: "nothing", stays: false },
});

const hit = (part: Part, leaderOf?: string) =>
  victimsOf(fault(part, leaderOf), { leaders, topology }, randomFrom(1));

describe("who is hit", () => {
  it("the leader, one that follows, each in turn, all at once", () => {
    expect(hit("leader")).toEqual([["db2"]]);
    expect(["db1", "db3"]).toContain(hit("follower")[0]?.[0]);
    expect(hit("each").flat().toSorted()).toEqual(hosts);
    expect(hit("each")).toHaveLength(3);
    expect(hit("all")).toEqual([hosts]);
  });

  it("nobody, where nobody leads: a follower cannot be told from a leader", () => {
    for (const part of ["leader", "follower"] as const)
      expect(
        victimsOf(fault(part), { leaders: new Map([["sql", undefined]]), topology }, randomFrom(1)),
      ).toEqual([]);
  });

  it("any member, but not always the same", () => {
    const random = randomFrom(5);
    const chosen = new Set(
      Array.from({ length: 40 }, () => victimsOf(fault("member"), { leaders, topology }, random)[0]?.[0]),
    );
    expect([...chosen].toSorted()).toEqual(hosts);
  });
});
