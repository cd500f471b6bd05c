import { describe, expect, it } from "vitest";
import { figuresByKind, figuresOf, type Sent, secondsOf } from "../../../src/drill/load/log.ts";

const read = (begun: number, ended: number, failed?: string): Sent => ({
  kind: "read",
  begun,
  ended,
  ...(failed === undefined ? {} : { failed }),
});

const moments = { from: 1000, to: 6000, over: 4000 };

describe("figures of a load", () => {
  it("the gap is the longest time between good answers, also before the first and after the last", () => {
    const sent = [read(1000, 1500), read(1500, 1700), read(2000, 4200), read(4300, 4400)];
    expect(figuresOf(sent, moments)).toMatchObject({ sent: 4, gap: 2.5, slowest: 2.2, failed: {}, late: 0 });
    expect(figuresOf([], moments).gap).toBe(5);
    expect(figuresOf([read(1000, 5900)], moments).gap).toBe(4.9);
  });

  it("a failed request is no answer, is counted by its reason, and is late after the promised pause", () => {
    const sent = [
      read(1000, 1100),
      read(1100, 3000, "503"),
      read(4500, 4600, "503"),
      read(4600, 4700, "ECONNRESET"),
    ];
    expect(figuresOf(sent, moments)).toMatchObject({
      failed: { "503": 2, ECONNRESET: 1 },
      late: 2,
      gap: 4.9,
    });
  });

  it("kinds that were not sent have no figures", () => {
    expect(Object.keys(figuresByKind([read(1000, 1100)], () => moments))).toEqual(["read"]);
  });

  it("second by second, from the begin of the drill", () => {
    const sent = [read(900, 1100), read(1000, 1200, "503"), read(2900, 3100)];
    expect(secondsOf(sent, 1000)).toEqual([
      { at: 0, answered: 1, failed: 1, slowest: 200 },
      { at: 2, answered: 1, failed: 0, slowest: 200 },
    ]);
  });
});
