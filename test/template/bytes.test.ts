import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contentOf, textOf } from "./project.ts";

describe("values", () => {
  const anything = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({
      unit: fc.constantFrom(
        "{",
        "}",
        "{{",
        "}}",
        "\\",
        "$",
        "&",
        "<",
        '"',
        "\n",
        "\r",
        "\u{E000}",
        "\u{E001}",
        "!",
        "c1;",
        "v2;",
        "p3;",
        "q0;",
        "\u{10FFFF}",
      ),
    }),
  );

  it("are rendered byte for byte", () => {
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        const content = contentOf(
          { "r/main": '<{{a}}|{{#each l}}{{this}}{{/each}}|{{join l ""}}>\n' },
          { a, l: [a, b] },
        );
        expect(textOf(content)).toBe(`<${a}|${a}${b}|${a}${b}>\n`);
        expect(new Set(content.template?.lines)).toEqual(new Set([1]));
      }),
      { numRuns: 300 },
    );
  });

  it("and so is the text of a template", () => {
    fc.assert(
      fc.property(
        anything.filter((text) => !/[{}\\\0]/.test(text)),
        (text) => {
          expect(textOf(contentOf({ "r/main": text }, {}))).toBe(text);
        },
      ),
      { numRuns: 300 },
    );
  });
});
