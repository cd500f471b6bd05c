import { describe, expect, it } from "vitest";
import { type Decision, decide, isAlone, type Member } from "../../../roles/mysql/decide-leader.ts";
import { moves } from "../../../roles/mysql/moves.ts";
import { comparePositions, union } from "../../../roles/mysql/position.ts";

/** Three members by what they say; `undefined`: no answer. */
const cluster = (...facts: readonly (string | undefined)[]): readonly Member[] =>
  facts.map((fact, i) => ({ host: `db${i + 1}`, address: `10.0.0.${i + 1}`, fact }));

const said = (decision: Decision): string =>
  decision.type === "undecided" ? decision.type : `${decision.type} ${decision.primary.host}`;

it("a primary that nobody has copied yet waits for nobody", () => {
  expect(isAlone(cluster("closed 0-1-9", "fresh", "none"), "db1")).toBe(true);
  expect(isAlone(cluster("closed 0-1-9", "replica 10.0.0.1", "none"), "db1")).toBe(false);
  expect(isAlone(cluster("closed 0-1-9", undefined, "none"), "db1")).toBe(false);
});

describe("who is the primary", () => {
  it.each<[readonly (string | undefined)[], string | undefined, string]>([
    [["none", "none", "none"], undefined, "bootstrap db1"],
    [["none", "fresh", "none"], "db2", "bootstrap db2"],
    [["primary", "replica 10.0.0.1", "replica 10.0.0.1"], "db2", "running db1"],
    [["closed 0-1-9", "primary", "none"], "db1", "running db2"],
    [["closed 0-1-9", "primary unarmed", "replica-broken 10.0.0.1 1236"], "db1", "running db2"],
    [["primary", undefined, undefined], undefined, "running db1"],
    [["primary", "primary", "replica 10.0.0.2"], "db1", "running db2"],
    [["none", "none", "closed 0-1-9"], "db1", "closed db3"],
    [["closed 0-1-9", "replica 10.0.0.1", "replica-stopped 10.0.0.1"], undefined, "closed db1"],
    [["down", "replica-stopped 10.0.0.1", "replica-stopped 10.0.0.1"], undefined, "closed db1"],
    [["closed 0-1-9", "closed 0-1-10", "closed 0-1-9"], "db1", "closed db2"],
    [["closed 0-1-9", "closed 0-1-9", "fresh"], "db2", "closed db2"],
    [["down", "closed 0-1-9", "none"], undefined, "undecided"],
    [["down"], undefined, "closed db1"],
  ])("%j with the hint %s: %s", (facts, hint, expected) => {
    expect(said(decide(cluster(...facts), hint))).toBe(expected);
  });

  it.each<[readonly (string | undefined)[], RegExp]>([
    [["primary", "primary", "replica-stopped 10.0.0.3"], /db1 and db2 take writes at the same time/],
    [["primary", "primary", "none"], /db1 and db2 take writes at the same time.*read_only = 1/],
    // Who was promoted, and is followed by nobody yet, must not be taken for the one that slept.
    [["primary", "primary", "replica-stopped 10.0.0.1"], /db1 and db2 take writes at the same time/],
    [["primary", "primary", undefined], /db1 and db2 take writes at the same time/],
    [
      ["closed 0-1-9", "replica-stopped 10.0.0.1", undefined],
      /db3 did not answer: it may be the new primary/,
    ],
    [
      [undefined, "replica-stopped 10.0.0.1", "replica-stopped 10.0.0.1"],
      /db1 does not answer.*provision failover db/,
    ],
    [["fresh", "replica-stopped 10.0.0.1", "none"], /db1 has lost its data.*provision failover db/],
    [
      ["closed 0-1-9", "replica 10.0.0.1", "replica 10.0.0.2"],
      /the replicas follow different members.*provision failover db/,
    ],
    [["none", "none", "replica 10.9.9.9"], /the replicas follow different members/],
    [["none", undefined, "none"], /db2 did not answer/],
    [["closed 0-1-9", "closed 0-2-9", "none"], /each has data that another lacks/],
  ])("%j is for people", (facts, words) => {
    expect(() => decide(cluster(...facts), undefined)).toThrow(words);
  });
});

const [a, b] = ["fca25146-e76c-11f1-b774-f2ab84891b7e", "d540a33d-e76c-11f1-804d-4ad6f8a6b0e5"];

describe("positions", () => {
  it.each<[string, string, number | undefined]>([
    ["0-41-7", "0-41-7", 0],
    ["0-41-7", "0-42-9", -1],
    ["0-41-7,1-1-1", "0-41-7", 1],
    ["0-41-7", "0-42-7", undefined],
    ["0-41-7", "1-41-7", undefined],
    ["", "0-1-1", -1],
    ["0-1-18446744073709551615", "0-1-18446744073709551614", 1],
    [`${a}:1-5`, `${a}:1-7`, -1],
    [`${a}:1-5:7`, `${a}:1-5`, 1],
    [`${a}:1-5:7`, `${a}:1-6`, undefined],
    [`${a}:1-5,${b}:1`, `${a}:1-5`, 1],
    [`${a}:1-5,\\n${b}:1`, `${a}:1-5, ${b}:1`, 0],
    ["garbage", "0-1-1", undefined],
  ])("%s against %s: %s", (x, y, expected) => {
    expect(comparePositions(x, y)).toBe(expected);
    expect(comparePositions(y, x)).toBe(expected === undefined ? undefined : 0 - expected + 0);
  });

  it("what was received counts with what was applied", () => {
    expect(union("0-41-7", "0-41-9")).toBe("0-41-9");
    expect(union("0-41-9", "")).toBe("0-41-9");
    expect(union(`${a}:1-5`, `${a}:6-9`)).toBe(`${a}:1-9`);
    expect(union(`${a}:1-5`, `${b}:3`)).toBe(`${b}:3,${a}:1-5`);
  });
});

describe("what a member says of itself when the primary moves", () => {
  it.each([
    ["role primary\nposition 0-41-7\nreceived \nreason \n", { role: "primary", position: "0-41-7" }],
    ["role primary unarmed\nposition 0-41-7\nreceived \nreason \n", { role: "primary", position: "0-41-7" }],
    ["role closed 0-41-7\nposition 0-41-7\nreceived \nreason \n", { role: "closed", position: "0-41-7" }],
    [
      "role replica-stopped 10.0.0.1\nposition 0-41-7\nreceived 0-41-8\nreason away\n",
      { role: "replica", source: "10.0.0.1", position: "0-41-8" },
    ],
    [
      "role replica-broken 10.0.0.1 1236\nposition 0-41-7\nreceived \nreason has diverged\n",
      { role: "replica", source: "10.0.0.1", position: "0-41-7", broken: "has diverged" },
    ],
    [
      "role replica-open 10.0.0.1\nposition 0-41-7\nreceived \nreason \nendless yes\n",
      { role: "replica-open", source: "10.0.0.1", position: "0-41-7", endless: true },
    ],
    ["role down\nposition \nreceived \nreason \n", { role: "down" }],
    ["sh: provision-sql: not found\n", { role: "down" }],
    ["", { role: "down" }],
  ])("%j", (output, expected) => {
    expect(moves.parse(output)).toEqual(expected);
  });
});
