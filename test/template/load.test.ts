import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadTemplates, render } from "../../src/template/templates.ts";
import { textOf, withFolder } from "./project.ts";

/** `FILE:LINE:COL message (hint)` of everything wrong in these files. */
function problems(files: Readonly<Record<string, string | Uint8Array>>): readonly string[] {
  return withFolder(files, (folder) => {
    const loaded = loadTemplates([folder]);
    if (loaded.ok) return [];
    return loaded.error.map(({ message, source, hint }) => {
      const file = source?.file.slice(folder.length + 1);
      return `${file}:${source?.line}:${source?.col} ${message}${hint === undefined ? "" : ` (${hint})`}`;
    });
  });
}

const unclosed = "this tag is never closed (look for a missing quote or }}; to print {{, write \\{{)";

describe("loadTemplates reports the problems of a template", () => {
  it.each([
    ["a\n{{#if x}}", "r/a.hbs:2:1 {{#if x}} is never closed (it opens on line 2; close it with {{/if}})"],
    [
      "{{#if x}}\n {{/each}}",
      "r/a.hbs:2:2 {{/each}} does not close {{#if x}} (it opens on line 1; close it with {{/if}})",
    ],
    [
      "{{#each x}}\n{{#if y}}\n{{/each}}",
      "r/a.hbs:3:1 {{/each}} does not close {{#if y}} (it opens on line 2; close it with {{/if}})",
    ],
    ["\\{{#if x}} {{! {{#if}} }} {{/if}}", "r/a.hbs:1:27 no block is open for {{/if}}"],
    ["x\n{{else}}", "r/a.hbs:2:1 no block is open for {{else}}"],
    ["{{#if x}}{{else}}{{else}}{{/if}}", "r/a.hbs:1:18 no block is open for {{else}}"],
    ["a\nb\n{{x", `r/a.hbs:3:1 ${unclosed}`],
    ["{{x}\n{{y}}", `r/a.hbs:1:1 ${unclosed}`],
    ["{{!-- x", `r/a.hbs:1:1 ${unclosed}`],
    ['{{eq a "b}}', `r/a.hbs:1:1 ${unclosed}`],
    ["{{{{raw}}}} x", "r/a.hbs:1:1 {{{{raw}}}} is not valid"],
    ['p\n{"a":{{x}}}', "r/a.hbs:2:6 {{x}}} has one brace too many (put a space before a brace that is text)"],
    [
      "{{#if x == 1}}{{/if}}",
      "r/a.hbs:1:1 {{#if x == 1}} contains an operator (use a function: (eq a b), (and a b), (not a))",
    ],
    ["{{#if (eq a 1}}{{/if}}", "r/a.hbs:1:1 {{#if (eq a 1}} is not valid"],
    ["{{join a) }}", "r/a.hbs:1:1 {{join a) }} is not valid"],
    ["{{}}", "r/a.hbs:1:1 {{}} is not valid"],
    ["{{x.%}}", "r/a.hbs:1:1 {{x.%}} is not valid"],
    ["a\n{{{x}}}}", "r/a.hbs:2:1 {{{x}}}} is not valid"],
    ["{{jion x y}}", /^r\/a\.hbs:1:1 there is no function "jion" \(did you mean "join"\?\)$/],
    [
      "\n{{#list x}}{{/list}}",
      /^r\/a\.hbs:2:1 there is no block "#list" \(blocks are: if, unless, each, with\)$/,
    ],
    ["{{#if}}{{/if}}", /"#if" takes exactly one argument/],
    ["{{#if a b}}{{/if}}", /"#if" takes exactly one argument/],
    ["{{join a}}", /the arguments are wrong: use `join LIST TEXT`/],
    ["{{a b=1}}", /there is no function "a"/],
    ['{{join a "," b=1}}', /the arguments are wrong: use `join LIST TEXT`/],
    ["{{log a}}", /there is no function "log"/],
    ["{{eq a undefined}}", /undefined is not a value in templates/],
    ["{{@../index}}", /templates cannot use "(@index|@\.\.\/index)"/],
    ['{{"x"}}', /this is a literal/],
    ["{{#*inline 'x'}}{{/inline}}", /templates cannot use decorators, inline partials/],
    ["{{#> x}}{{/x}}", /inline partials or partial blocks/],
    ["{{> (lookup . 'x')}}", /cannot be computed/],
    ["{{> nope}}", /^r\/a\.hbs:1:1 the partial "nope" does not exist$/],
    ["{{> a}}", /^r\/a\.hbs:1:1 the partial "a" calls itself$/],
  ])("%s", (text, expected) => {
    const found = problems({ "r/a": text });
    expect(found).toHaveLength(1);
    if (typeof expected === "string") expect(found[0]).toBe(expected);
    else expect(found[0]).toMatch(expected);
  });

  it("finds partials that call each other in a circle", () => {
    const found = problems({ "r/a": "{{> b}}", "r/b": "x\n{{> c}}", "r/c": "{{> b}}" });
    expect([...found].sort()).toEqual(
      ['r/b.hbs:2:1 the partial "c" calls itself', 'r/c.hbs:1:1 the partial "b" calls itself'].sort(),
    );
  });

  it("reports the problems of all files at once", () => {
    expect(problems({ "r/a": "{{#if", "s/b": "{{x y}}", "s/c": "fine" })).toHaveLength(2);
  });

  it("refuses a file that is not UTF-8, and a folder that does not exist", () => {
    expect(problems({ "r/a": new Uint8Array([0x61, 0xff]) })).toEqual(["r/a.hbs:1:1 is not UTF-8 text"]);
    expect(loadTemplates(["/nonexistent/folder"])).toMatchObject({
      ok: false,
      error: [{ message: "there is no template folder /nonexistent/folder" }],
    });
  });
});

describe("folders", () => {
  it("suggests the nearest name for a template that does not exist", () => {
    withFolder({ "nginx/nginx.conf": "" }, (folder) => {
      const loaded = loadTemplates([folder]);
      if (!loaded.ok) throw new Error("not loaded");
      const result = render(loaded.value, "nginx", "ngnix.conf", {});
      expect(result).toMatchObject({ ok: false, error: { hint: 'did you mean "nginx/nginx.conf"?' } });
    });
  });

  it("lets a later folder replace templates and partials of an earlier one", () => {
    withFolder({ "r/main": "{{> part}}", "r/part": "old" }, (folder) => {
      mkdirSync(join(folder, "own", "r"), { recursive: true });
      writeFileSync(join(folder, "own", "r", "part.hbs"), "new");
      const loaded = loadTemplates([folder, join(folder, "own")]);
      if (!loaded.ok) throw new Error("not loaded");
      const result = render(loaded.value, "r", "main", {});
      expect(result.ok && textOf(result.value)).toBe("new");
    });
  });

  /** Problems of a project's templates beside those of the package. */
  function overriding(files: Readonly<Record<string, string>>): readonly string[] {
    const own = { "nginx/nginx.conf": "x", "common/hosts": "y", "common/apt.conf": "z" };
    return withFolder(own, (folder) =>
      withFolder(files, (project) => {
        const loaded = loadTemplates([folder, project]);
        if (loaded.ok) return [];
        return loaded.error.map(
          ({ message, source, hint }) =>
            `${source?.file.slice(project.length + 1)} ${message}${hint === undefined ? "" : `; ${hint}`}`,
        );
      }),
    );
  }

  it.each([
    ["nginx/nginxx.conf", "did you mean `nginx/nginx.conf.hbs`?"],
    ["ngnix/nginx.conf", "did you mean `nginx/nginx.conf.hbs`?"],
    ["ngnix/a", "there is `nginx/nginx.conf.hbs`"],
    ["common/other", "there are `common/apt.conf.hbs`, `common/hosts.hbs`"],
    ["elsewhere/other", "there are templates in: common, nginx"],
  ])("refuses a project's %s.hbs, which replaces nothing", (name, hint) => {
    expect(overriding({ [name]: "" })).toEqual([`${name}.hbs this file replaces no template; ${hint}`]);
  });

  it("lets a project add a partial only for its own version of a template", () => {
    const files = { "nginx/nginx.conf": "{{> one}}", "nginx/one": "{{> two}}", "nginx/two": "" };
    expect(overriding(files)).toEqual([]);
    expect(overriding({ "nginx/one": "{{> two}}", "nginx/two": "" })).toHaveLength(2);
  });

  it("shows the line of a syntax error", () => {
    withFolder({ "r/a": "a\r\n  {{#if x}} b\r\n" }, (folder) => {
      expect(loadTemplates([folder])).toMatchObject({
        error: [{ source: { line: 2, col: 3, endCol: 12 }, excerpt: "  {{#if x}} b" }],
      });
    });
  });

  it("does not share partials between roles", () => {
    expect(problems({ "a/main": "{{> part}}", "b/part": "" })).toEqual([
      'a/main.hbs:1:1 the partial "part" does not exist',
    ]);
  });
});
