import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { subshell } from "../../src/script/block.ts";
import { bytes, quote, raw, sh } from "../../src/script/script.ts";
import { joinSections, splitSections } from "../../src/script/sections.ts";

const nonce = "0123456789abcdef";
const runScript = (text: string, input = ""): string =>
  execFileSync("/bin/sh", ["-c", text], { input, encoding: "utf8" });

describe("sections", () => {
  it("have separate outputs and exit codes, whatever a section does", () => {
    const script = joinSections(nonce, [
      { name: "plain", script: raw("echo one; echo two") },
      { name: "unended", script: subshell([raw("printf 'no line end'; exit 3")]) },
      { name: "silent", script: raw(":") },
      { name: "it's a name", script: raw("false") },
    ]);
    expect([...splitSections(nonce, runScript(script.text))]).toEqual([
      ["plain", { output: "one\ntwo\n", code: 0 }],
      ["unended", { output: "no line end", code: 3 }],
      ["silent", { output: "", code: 0 }],
      ["it's a name", { output: "", code: 1 }],
    ]);
  });

  it("carry input to the section that reads it", () => {
    const script = joinSections(nonce, [
      { name: "a", script: sh`${bytes(new TextEncoder().encode("first"))}` },
      { name: "b", script: sh`${bytes(new TextEncoder().encode("second"))}` },
    ]);
    const input = Buffer.concat([...script.input]).toString();
    expect([...splitSections(nonce, runScript(script.text, input)).values()].map((s) => s.output)).toEqual([
      "first",
      "second",
    ]);
  });

  it("leave out a section that was cut off, and never throw on garbage", () => {
    const whole = runScript(
      joinSections(nonce, [
        { name: "a", script: raw("echo 1") },
        { name: "b", script: raw("echo 2") },
      ]).text,
    );
    const cut = whole.slice(0, whole.lastIndexOf(nonce));
    expect([...splitSections(nonce, cut).keys()]).toEqual(["a"]);
    fc.assert(fc.property(fc.string(), (garbage) => splitSections(nonce, garbage).size === 0));
  });
});

describe("quote", () => {
  it("gives the shell exactly the same word", () => {
    const word = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0") && text.isWellFormed());
    fc.assert(
      fc.property(word, (text) => {
        expect(runScript(`printf %s ${quote(text)}`)).toBe(text);
      }),
      { numRuns: 60 },
    );
  });
});
