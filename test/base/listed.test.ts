import { expect, it } from "vitest";
import { firstOf, listed, quoted } from "../../src/base/listed.ts";

it.each([
  [[], "nobody"],
  [["a"], "a"],
  [["a", "b"], "a and b"],
  [["a", "b", "c"], "a, b and c"],
  [["a", "b", "c", "d"], "a, b and 2 more"],
])("%j in words, three at the most", (names, words) => {
  expect(listed(names, 3)).toBe(words);
});

it("quotes names of the inventory", () => {
  expect(quoted(["a", "b"])).toBe("`a` and `b`");
});

it.each([
  [["a"], "a"],
  [["a", "b"], "a and 1 more"],
  [["a", "b", "c"], "a and 2 more"],
])("%j in words, where there is room for one", (names, words) => {
  expect(firstOf(names)).toBe(words);
});
