import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Resource } from "../../src/model/resource.ts";
import { kinds } from "../../src/resources/kinds.ts";
import { samples } from "./every-script.ts";

/** What answers are made of, so that garbage comes close to them. */
const pieces = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "\n",
    "\n\n",
    "=",
    "=81a4|0|0|root|root|",
    "=41ed|0|0||UNKNOWN|/",
    "stat: ",
    ": No such file or directory",
    ">",
    "\\",
    "\0",
    "passwd ended with ",
    "group ended with ",
    "0",
    "probe ",
    ":x:0:0:",
    "Names=nginx.service",
    "LoadState=",
    "ActiveState=",
    "|ii |",
    "dpkg-query: no packages found matching",
    "grep: /proc/sys/",
    "a".repeat(64),
    "/etc/",
    "root",
    "\u{1f98a}",
    "\ud800",
  ),
);
const garbage = fc.array(pieces, { maxLength: 30 }).map((all) => all.join(""));

/** Resources that must be observed to be known; the removal of an exec is known without. */
const own = (name: string): readonly Resource[] => samples.filter(({ kind }) => kind === name);

describe.each([...kinds.values()].map((kind) => [kind.name, kind] as const))("parse of %s", (name, kind) => {
  it("never throws, and answers for each key", () => {
    fc.assert(
      fc.property(garbage, (output) => {
        const answers = kind.parse(output, own(name));
        expect([...answers.keys()].sort()).toEqual([...new Set(own(name).map(({ key }) => key))].sort());
      }),
      { numRuns: 300 },
    );
  });

  it("takes noise without answers for unknown, never for absent", () => {
    const noise = garbage.map((text) => text.replace(/[=:|>]|\d/g, "#"));
    fc.assert(
      fc.property(noise, (output) => {
        for (const answer of kind.parse(output, own(name)).values()) expect(answer.status).toBe("unknown");
      }),
      { numRuns: 300 },
    );
  });

  it("takes silence and a shell's complaint for unknown", () => {
    for (const output of [
      "",
      "\n",
      "sh: 1: stat: not found\n",
      "/bin/sh: stat: No such file or directory\n",
      "Killed\n",
    ]) {
      for (const answer of kind.parse(output, own(name)).values()) expect(answer.status).toBe("unknown");
    }
  });
});
