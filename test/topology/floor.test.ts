import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Floor } from "../../src/model/topology.ts";
import { floorsOf } from "../../src/topology/floor.ts";

const usual = (members: number): number =>
  floorsOf(
    Array.from({ length: members }, () => undefined),
    members,
  ).floor;

describe("the floor of a service", () => {
  it("is three quarters of its members, rounded up, at least one and at most all but one", () => {
    expect([1, 2, 3, 4, 5, 7, 8, 10, 70, 300].map(usual)).toEqual([1, 1, 2, 3, 4, 6, 6, 8, 53, 225]);
  });

  it("is what the inventory says: a number, or a share rounded up; the highest of all members counts", () => {
    expect(floorsOf([2, 2, 2, 2], 4).floor).toBe(2);
    expect(floorsOf(["75%", "75%", "75%"], 3).floor).toBe(3);
    expect(floorsOf(["50%", undefined, undefined], 3).floor).toBe(2);
    expect(floorsOf([1, 3, "50%", undefined], 4).floor).toBe(3);
    expect(floorsOf(["1%"], 1).floor).toBe(1);
    expect(floorsOf([5, 5], 2).floor).toBe(5); // cannot be kept: `explain` says so
  });

  it("counts a service as lost below a given floor, else only without any member", () => {
    expect(floorsOf([undefined, undefined, undefined, undefined], 4)).toEqual({ floor: 3, minimum: 1 });
    expect(floorsOf([2, 2, 2, 2], 4)).toEqual({ floor: 2, minimum: 2 });
  });

  it("leaves at least one member to be changed, unless somebody asked for more", () => {
    const floor = fc.option(
      fc.oneof(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 100 }).map((n): Floor => `${n}%`),
      ),
      { nil: undefined },
    );
    fc.assert(
      fc.property(fc.array(floor, { minLength: 1, maxLength: 300 }), (asked) => {
        const { floor: kept, minimum } = floorsOf(asked, asked.length);
        expect(kept).toBeGreaterThanOrEqual(1);
        expect(minimum).toBeLessThanOrEqual(kept);
        if (asked.length > 1 && asked.every((one) => one === undefined))
          expect(kept).toBeLessThan(asked.length);
      }),
    );
  });
});
