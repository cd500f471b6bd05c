import fc from "fast-check";
import Handlebars from "handlebars";
import { describe, expect, it } from "vitest";
import { contentOf, textOf } from "./project.ts";

/** Rendered lines, each with its template line in the line map. */
function mapped(files: Record<string, string>, data: Record<string, unknown>): string[] {
  const content = contentOf(files, data);
  const lines = textOf(content).replace(/\n$/, "").split("\n");
  expect(content.template?.lines).toHaveLength(lines.length);
  return lines.map((line, index) => `${content.template?.lines[index]} ${line}`);
}

describe("the line map", () => {
  it("is right after loops, conditions, comments and partials", () => {
    const main = [
      "user www-data;", // 1
      "{{! a comment }}",
      "{{#each upstreams as |up|}}",
      "upstream {{up.name}} {", // 4
      "  {{#each up.servers}}",
      "  server {{this}};", // 6
      "  {{else}}",
      "  server none;", // 8
      "  {{/each}}",
      "}", // 10
      "{{/each}}",
      "",
      "{{#if tls}}",
      "tls on;", // 14
      "{{else if (eq port 80)}}",
      "port 80;", // 16
      "{{/if}}",
      "  {{> tail}}", // 18
      "{{#each ports}}{{this}} {{/each}}", // 19
      "end", // 20
    ].join("\n");
    const upstreams = [
      { name: "a", servers: ["x", "y"] },
      { name: "b", servers: [] },
    ];
    const data = { upstreams, tls: false, port: 80, text: "two\nlines", ports: [1, 2] };
    expect(mapped({ "r/main": main, "r/tail": "tail one {{port}}\ntail {{text}}\n" }, data)).toEqual([
      "1 user www-data;",
      "4 upstream a {",
      "6   server x;",
      "6   server y;",
      "10 }",
      "4 upstream b {",
      "8   server none;",
      "10 }",
      "12 ",
      "16 port 80;",
      "18   tail one 80",
      "18 tail two",
      "18 lines",
      "19 1 2 ",
      "20 end",
    ]);
  });

  it("maps all lines of a value to the template line that printed it, with the rest of that line", () => {
    expect(mapped({ "r/main": "a\nb {{v}} c\nd\n" }, { v: "1\n\n3" })).toEqual([
      "1 a",
      "2 b 1",
      "2 ",
      "2 3 c",
      "3 d",
    ]);
  });

  it("is right with ~ over line ends, CRLF and blank lines", () => {
    expect(mapped({ "r/main": "a\n\n  {{~v~}}  \n\n b\r\nc {{v}}\r\n" }, { v: "v" })).toEqual([
      "1 avb\r",
      "6 c v\r",
    ]);
    expect(mapped({ "r/main": "\n\n{{#if v}}\n\n\nx\n{{/if}}\n\n\ny" }, { v: true })).toEqual([
      "1 ",
      "2 ",
      "4 ",
      "5 ",
      "6 x",
      "8 ",
      "9 ",
      "10 y",
    ]);
  });

  it("is empty for an empty output", () => {
    expect(contentOf({ "r/main": "{{#if v}}\nx\n{{/if}}\n" }, { v: false }).template?.lines).toEqual([]);
  });
});

/** One line or block of a random template. Text lines begin with `L<number>:` of their own line. */
type Node = { readonly lines: readonly string[] };

const leaf: fc.Arbitrary<Node> = fc
  .constantFrom(
    "L#: text",
    "L#: {{text}} {{number}}",
    "L#: {{multi}} and {{text}}",
    "L#:{{#each list}}[{{text}}{{@index}}]{{/each}}",
    "L#: {{#if yes}}a{{else}}b{{/if}} {{! c }}",
    "L#: {{~text~}} x",
    "{{! alone on its line }}",
    "",
    "   ",
    "L#: \\{{text}}",
    "L#: {{> part}}|",
    "{{> whole}}",
    "   {{> whole}}",
  )
  .map((line) => ({ lines: [line] }));

const block = (inner: fc.Arbitrary<readonly Node[]>): fc.Arbitrary<Node> =>
  fc
    .record({
      open: fc.constantFrom("#if yes", "#if no", "#unless no", "#each list", "#each none", "#with object"),
      indent: fc.constantFrom("", "  ", "\t"),
      strip: fc.constantFrom("", "", "", "~"),
      body: inner,
      other: fc.option(inner),
    })
    .map(({ open, indent, strip, body, other }) => {
      const close = `{{/${open.slice(1).split(" ")[0]}}}`;
      const rest = other === null ? [] : [`${indent}{{else}}`, ...other.flatMap((node) => node.lines)];
      return {
        lines: [
          `${indent}{{${strip}${open}}}`,
          ...body.flatMap((node) => node.lines),
          ...rest,
          indent + close,
        ],
      };
    });

const { nodes } = fc.letrec<{ nodes: readonly Node[]; node: Node }>((tie) => ({
  nodes: fc.array(tie("node"), { maxLength: 4 }),
  node: fc.oneof({ maxDepth: 4, withCrossShrink: true }, leaf, block(tie("nodes"))),
}));

const template = fc.tuple(nodes, fc.boolean()).map(([all, newline]) => {
  const lines = all.flatMap((node) => node.lines).map((line, index) => line.replace("#:", `${index + 1}:`));
  return lines.join("\n") + (newline ? "\n" : "");
});

/** Contains itself, so that every name of the templates above exists at every depth. */
interface Recursive {
  readonly text: string;
  readonly number: number;
  readonly multi: string;
  readonly yes: boolean;
  readonly no: boolean;
  readonly none: readonly string[];
  list: readonly Recursive[];
  object: Recursive | null;
}

function recursive(): Recursive {
  const one: Recursive = {
    text: "t",
    number: 0.5,
    multi: "m\n\nn",
    yes: true,
    no: false,
    none: [],
    list: [],
    object: null,
  };
  one.list = [one, one];
  one.object = one;
  return one;
}

describe("any template", () => {
  const all = { ...recursive() };
  const partials = { part: "P{{number}}", whole: "W {{number}}\n{{multi}}\n" };

  it("renders like plain Handlebars, and each line maps to its template line", () => {
    fc.assert(
      fc.property(template, (text) => {
        const files = { "r/main": text, "r/part": partials.part, "r/whole": partials.whole };
        const content = contentOf(files, all);
        const plain = Handlebars.create();
        plain.registerPartial(partials);
        expect(textOf(content)).toBe(plain.compile(text, { noEscape: true, preventIndent: true })(all));
        const lines = textOf(content).split("\n");
        content.template?.lines.forEach((line, index) => {
          const own = /^\s*L(\d+):/.exec(lines[index] ?? "")?.[1];
          if (own !== undefined) expect(line).toBe(Number(own));
          else if (lines[index]?.startsWith("W "))
            expect(text.split("\n")[line - 1]).toContain("{{> whole}}");
        });
      }),
      { numRuns: 300 },
    );
  });
});
