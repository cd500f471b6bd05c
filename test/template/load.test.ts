import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadTemplates, render } from "../../src/template/templates.ts";
import { textOf, withFolder } from "./project.ts";

/** `FILE:LINE:COL message (hint)` of everything wrong in these files. */
function problems(files: Readonly<Record<string, string | Uint8Array>>): readonly string[] {
  return withFolder(files, (folder) => {
    const loaded = loadTemplates(folder);
    if (loaded.ok) return [];
    return loaded.error.map(({ message, source, hint }) => {
      const file = source?.file.slice(folder.length + 1);
      return `${file}:${source?.line}:${source?.col} ${message}${hint === undefined ? "" : ` (${hint})`}`;
    });
  });
}

describe("what is wrong with a template is told before anything is rendered", () => {
  it.each([
    ["a\n{{#if x}}", /^r\/a\.hbs:2:1 not a Handlebars template: Expecting .* got 'EOF'$/],
    ["{{#if x}}{{/each}}", /^r\/a\.hbs:1:1 not a Handlebars template: if doesn't match each/],
    ["a\nb\n{{x", /^r\/a\.hbs:3:1 not a Handlebars template/],
    ["{{jion x y}}", /^r\/a\.hbs:1:1 there is no function "jion" \(did you mean "join"\?\)$/],
    [
      "\n{{#list x}}{{/list}}",
      /^r\/a\.hbs:2:1 there is no block "#list" \(blocks are: if, unless, each, with\)$/,
    ],
    ["{{#if}}{{/if}}", /"#if" takes exactly one argument/],
    ["{{#if a b}}{{/if}}", /"#if" takes exactly one argument/],
    ["{{join a}}", /it is `join LIST TEXT`/],
    ["{{a b=1}}", /there is no function "a"/],
    ['{{join a "," b=1}}', /it is `join LIST TEXT`/],
    ["{{log a}}", /there is no function "log"/],
    ["{{eq a undefined}}", /undefined is no value here/],
    ["{{@../index}}", /"@index" is not used here|"@\.\.\/index" is not used here/],
    ['{{"x"}}', /a literal needs no braces/],
    ["{{#*inline 'x'}}{{/inline}}", /decorators, inline partials/],
    ["{{#> x}}{{/x}}", /partial blocks are not used here/],
    ["{{> (lookup . 'x')}}", /must be written out/],
    ["{{> nope}}", /^r\/a\.hbs:1:1 the partial "nope" does not exist$/],
    ["{{> a}}", /^r\/a\.hbs:1:1 the partial "a" comes back to itself$/],
  ])("%s", (text, expected) => {
    const found = problems({ "r/a": text });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  it("finds a circle of partials, however it is entered", () => {
    const found = problems({ "r/a": "{{> b}}", "r/b": "x\n{{> c}}", "r/c": "{{> b}}" });
    expect([...found].sort()).toEqual(
      [
        'r/b.hbs:2:1 the partial "c" comes back to itself',
        'r/c.hbs:1:1 the partial "b" comes back to itself',
      ].sort(),
    );
  });

  it("tells the problems of all files at once", () => {
    expect(problems({ "r/a": "{{#if", "s/b": "{{x y}}", "s/c": "fine" })).toHaveLength(2);
  });

  it("refuses a file that is not UTF-8, and a folder that is not there", () => {
    expect(problems({ "r/a": new Uint8Array([0x61, 0xff]) })).toHaveLength(1);
    expect(loadTemplates("/nonexistent/folder")).toMatchObject({
      ok: false,
      error: [{ message: "no template folder /nonexistent/folder" }],
    });
  });
});

describe("folders", () => {
  it("names the nearest template when one is not there", () => {
    withFolder({ "nginx/nginx.conf": "" }, (folder) => {
      const loaded = loadTemplates(folder);
      if (!loaded.ok) throw new Error("not loaded");
      const result = render(loaded.value, "nginx", "ngnix.conf", {});
      expect(result).toMatchObject({ ok: false, error: { hint: 'did you mean "nginx/nginx.conf"?' } });
    });
  });

  it("lets a later folder replace a template of an earlier one, partials included", () => {
    withFolder({ "r/main": "{{> part}}", "r/part": "old" }, (folder) => {
      mkdirSync(join(folder, "own", "r"), { recursive: true });
      writeFileSync(join(folder, "own", "r", "part.hbs"), "new");
      const loaded = loadTemplates(folder, join(folder, "own"));
      if (!loaded.ok) throw new Error("not loaded");
      const result = render(loaded.value, "r", "main", {});
      expect(result.ok && textOf(result.value)).toBe("new");
    });
  });

  it("does not share partials between roles", () => {
    expect(problems({ "a/main": "{{> part}}", "b/part": "" })).toEqual([
      'a/main.hbs:1:1 the partial "part" does not exist',
    ]);
  });
});
