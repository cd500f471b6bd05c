import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distance, nearest } from "../../src/base/nearest.ts";

describe("distance", () => {
  it.each([
    ["web", "web", 0],
    ["ngnix", "nginx", 1],
    ["haproxi", "haproxy", 1],
    ["kepalived", "keepalived", 1],
    ["", "ab", 2],
    ["ca", "abc", 3],
  ])("%s %s", (a, b, edits) => {
    expect(distance(a, b, 5)).toBe(edits);
  });

  it("is symmetric, and stops at the limit", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
        const full = distance(a, b, 20);
        expect(distance(b, a, 20)).toBe(full);
        expect(full === 0).toBe(a === b);
        expect(Math.min(distance(a, b, 2), 3)).toBe(Math.min(full, 3));
      }),
    );
  });
});

describe("nearest", () => {
  it.each([
    ["ngnix", ["apache", "nginx"], "nginx"],
    ["WEB", ["web", "wed"], "web"],
    ["wbe1", ["web2", "web1"], "web1"],
    ["bd", ["web", "db"], "db"],
    ["postgres", ["mysql", "nginx"], undefined],
    ["x".repeat(300), ["x".repeat(300)], undefined],
  ])("%s", (name, candidates, expected) => {
    expect(nearest(name, candidates)).toBe(expected);
  });
});
