import { describe, expect, it } from "vitest";
import { refusal, rendered, renderFiles } from "./project.ts";

class Person {
  get name() {
    return "computed";
  }
}

describe("a missing value is an error everywhere", () => {
  const data = { port: 80, names: ["a"], site: { server: { port: 1 } }, list: [{ port: 1 }] };
  it.each([
    ["{{prot}}", '1:3 "prot" is missing (did you mean "port"?)'],
    ["a\n  {{ zzz }}", '2:6 "zzz" is missing (available: port, names, site, list)'],
    ["{{#if zzz}}x{{/if}}", '1:7 "zzz" is missing (available: port, names, site, list)'],
    ["{{#unless pot}}x{{/unless}}", '1:11 "pot" is missing (did you mean "port"?)'],
    ["{{#each nmes}}x{{/each}}", '1:9 "nmes" is missing (did you mean "names"?)'],
    ["{{#with sit}}x{{/with}}", '1:9 "sit" is missing (did you mean "site"?)'],
    ["{{#if true}}{{else if nope}}{{/if}}{{#if false}}{{else if nope}}{{/if}}", /^1:59 "nope" is missing/],
    ["{{site.server.prt}}", '1:3 "site.server.prt" is missing (did you mean "port"?)'],
    ["{{site.srver.port}}", '1:3 "site.srver" (in "site.srver.port") is missing (did you mean "server"?)'],
    ["{{port.number}}", '1:3 "port.number" is missing: its parent is a number'],
    ["{{#each list}}{{../prt}}{{/each}}", '1:17 "../prt" is missing (did you mean "port"?)'],
    ["{{#each list}}{{prt}}{{/each}}", '1:17 "prt" is missing (did you mean "port"?)'],
    ["{{#each list}}{{../../port}}{{/each}}", '1:17 "../../port" is missing: its parent is missing'],
    [
      "{{#each list as |one|}}{{on.port}}{{/each}}",
      '1:26 "on" (in "on.port") is missing (did you mean "one"?)',
    ],
    ["{{#each list as |one|}}{{one.prt}}{{/each}}", '1:26 "one.prt" is missing (did you mean "port"?)'],
    [
      "{{#each list as |one|}}{{#if one.prt}}{{/if}}{{/each}}",
      '1:30 "one.prt" is missing (did you mean "port"?)',
    ],
    ["{{@index}}", '1:3 "@index" is missing'],
    ["{{@root.prt}}", '1:3 "@root.prt" is missing (did you mean "port"?)'],
    ["{{names.[1]}}", '1:3 "names.1" is missing (the list has 1 values)'],
    ['{{join nmes ","}}', '1:8 "nmes" is missing (did you mean "names"?)'],
    ["{{#if (eq prt 1)}}{{/if}}", '1:11 "prt" is missing (did you mean "port"?)'],
    ['{{lookup site "srver"}}', '1:1 "lookup site "srver"" is missing (did you mean "server"?)'],
    ["{{this.prt}}{{./prt}}", '1:3 "this.prt" is missing (did you mean "port"?)'],
    ["{{constructor}}", /^1:3 "constructor" is missing/],
    ["{{names.map}}", /^1:3 "names.map" is missing/],
    ["{{site.__proto__}}", /^1:3 "site.__proto__" is missing/],
  ])("%s", (text, expected) => {
    if (typeof expected === "string") expect(refusal(text, data)).toBe(expected);
    else expect(refusal(text, data)).toMatch(expected);
  });

  it("also inside a partial; the error names the partial's file", () => {
    const result = renderFiles(
      { "r/main": "{{> part}}", "r/part": "a\n{{#each nope}}{{/each}}" },
      { nap: 1 },
    );
    expect(result.ok ? "" : result.error.message).toMatch(/part\.hbs:2:9: "nope" is missing$/);
  });

  it("names file, line, columns and the template line in the failure", () => {
    const result = renderFiles({ "r/main": "x\nport {{prot}};" }, { port: 1 });
    if (result.ok) throw new Error("rendered");
    expect(result.error).toMatchObject({
      code: "role-failed",
      detail: "port {{prot}};",
      hint: 'did you mean "port"?',
    });
    expect(result.error.source).toMatchObject({ line: 2, col: 8, endCol: 12 });
  });
});

describe("a value that is not text, a number or a boolean is never printed", () => {
  it.each([
    ["{{v}}", { v: undefined }, /"v" is missing/],
    ["{{v}}", { v: null }, /"v" is null, which cannot be printed/],
    ["{{v}}", { v: {} }, /"v" is an object, which cannot be printed/],
    ["{{v}}", { v: ["a"] }, /"v" is a list, which cannot be printed/],
    ["{{v}}", { v: Number.NaN }, /"v" is NaN/],
    ["{{v}}", { v: Number.POSITIVE_INFINITY }, /"v" is Infinity/],
    ["{{v}}", { v: () => "x" }, /"v" is a function/],
    ["{{v.name}}", { v: new Person() }, /"v.name" is missing/],
    [
      "{{v}}",
      {
        get v() {
          return "x";
        },
      },
      /"v" is computed by a getter/,
    ],
    ["{{v}}", { v: new Map() }, /"v" is an object of class Map/],
    ["{{v}}", { v: "\ud800" }, /lone surrogate/],
    ["{{#each v}}{{this}}{{/each}}", { v: [null] }, /"this" is null/],
    ["{{#each v}}{{/each}}", { v: ["a", undefined] }, /a hole at index 1/],
    ["{{#each v}}{{/each}}", { v: "abc" }, /"v" is text: each needs a list/],
    ["{{#each v}}{{/each}}", { v: null }, /"v" is null: each needs a list/],
    ["{{#each v}}{{/each}}", { v: new Set([1]) }, /class Set: each needs/],
    ["{{#with v}}{{/with}}", { v: "abc" }, /"v" is text: with needs/],
    ["{{#if v}}{{/if}}", { v: 0 }, /"v" is a number: a condition needs.*\(compare it/],
    ['{{join v ","}}', { v: ["a", {}] }, /is an object, which cannot be printed/],
    ['{{join v ","}}', { v: "a" }, /join needs a list, not text/],
    ["{{#if (eq v 80)}}{{/if}}", { v: "80" }, /compares text with a number/],
    ["{{#if (eq v v)}}{{/if}}", { v: [1] }, /only text, numbers, true and false/],
    ["{{json v}}", { v: { a: undefined } }, /is missing/],
    ["{{json v}}", { v: Number.NaN }, /it contains NaN/],
    ["{{quote v}}", { v: "a\nb" }, /cannot quote a line end/],
  ])("%s %o", (text, data, expected) => {
    expect(refusal(text, data)).toMatch(expected);
  });
});

describe("values are rendered", () => {
  it.each([
    ["{{a}} {{b}} {{c}}", { a: 0, b: false, c: "" }, "0 false "],
    ["{{#if a}}x{{else}}y{{/if}}", { a: null }, "y"],
    ["{{#if a}}x{{else}}y{{/if}}", { a: [] }, "y"],
    ["{{^if a}}x{{/if}}", { a: false }, "x"],
    ["{{#each a}}{{@key}}={{this}}{{#unless @last}},{{/unless}}{{/each}}", { a: { x: 1, y: 2 } }, "x=1,y=2"],
    ["{{#each a}}x{{else}}none{{/each}}", { a: [] }, "none"],
    ["{{#each a as |v k|}}{{k}}{{v.n}}{{/each}}", { a: [{ n: "p" }, { n: "q" }] }, "0p1q"],
    ["{{#each a}}{{#with this}}{{n}}{{/with}}{{../b}}{{@root.b}}{{/each}}", { a: [{ n: 1 }], b: 2 }, "122"],
    [
      "{{#each a as |one|}}{{#each one.l as |two|}}{{one.n}}{{two}} {{/each}}{{/each}}",
      { a: [{ n: 1, l: [2, 3] }] },
      "12 13 ",
    ],
    ["{{a.length}} {{a.[0]}} {{b.[x y]}}", { a: ["p"], b: { "x y": 1 } }, "1 p 1"],
    ['{{join a ", "}}', { a: ["x", 1, true] }, "x, 1, true"],
    ["{{quote a}}", { a: 'a"b\\c$d' }, '"a\\"b\\\\c$d"'],
    ["{{json a}}", { a: { b: ["<", null] } }, '{"b":["<",null]}'],
    ['{{#if (and a (not b) (or b (ne c "x")))}}yes{{/if}}', { a: true, b: [], c: "y" }, "yes"],
    ["{{{a}}}{{&a}}{{a}}", { a: "<&\"'=`>" }, "<&\"'=`><&\"'=`><&\"'=`>"],
    ["\\{{a}} \\\\{{a}}", { a: 1 }, "{{a}} \\1"],
    ["{{lookup a b}}", { a: { x: 1 }, b: "x" }, "1"],
    ["{{join}} {{if}}", { join: 1, if: 2 }, "1 2"],
    ["{{x}}", Object.assign(Object.create(null), { x: 1 }), "1"],
  ])("%s %o", (text, data, expected) => {
    expect(rendered(text, data)).toBe(expected);
  });

  it("gives a partial its context and arguments", () => {
    const files = {
      "r/main": "{{#each l as |x|}}\n  {{> part one=x}}\n{{/each}}\n{{> part m}}",
      "r/part": "[{{one}}]\n",
    };
    const result = renderFiles(files, { l: [1, 2], m: { one: 3 } });
    expect(result.ok ? new TextDecoder().decode(result.value.bytes) : "").toBe("  [1]\n  [2]\n[3]\n");
  });
});
