import { describe, expect, it } from "vitest";
import { oneOf, randomFrom, shuffled } from "../../src/drill/seed.ts";

const drawn = (seed: number): readonly number[] => Array.from({ length: 50 }, randomFrom(seed));

describe("numbers from a seed", () => {
  it("are the same for the same seed, and others for another", () => {
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
  });

  it("are from 0 to 1, and spread over all of it", () => {
    const all = drawn(1);
    for (const one of all) expect(one >= 0 && one < 1).toBe(true);
    for (const quarter of [0, 1, 2, 3])
      expect(all.filter((one) => Math.floor(one * 4) === quarter).length).toBeGreaterThan(3);
  });

  it("choose one, and shuffle without loss", () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    expect(names).toContain(oneOf(names, randomFrom(3)));
    expect(oneOf([], randomFrom(3))).toBeUndefined();
    expect(shuffled(names, randomFrom(3)).toSorted()).toEqual(names);
    expect(shuffled(names, randomFrom(3))).not.toEqual(shuffled(names, randomFrom(4)));
  });
});
