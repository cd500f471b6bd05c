import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newRedactor } from "../../src/secrets/redact.ts";
import { newSearch } from "../../src/secrets/search.ts";

const pem = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgT7vV3pCLbrRiMTfn
FPO2eziEO5NZo8sOiVocY11c8RGhRANCAASNX7sAOkuRFIsRDeYJjvSpPOobMOTn
LKWqhH8jgLrq8Df=
-----END PRIVATE KEY-----
`;

describe("newRedactor", () => {
  const { text, value } = newRedactor(["s3cret+/x", "s3cret+/x-longer", "with 'quote\"s", pem, "short"]);

  it("hides every value, the longest first, in each of its encodings", () => {
    expect(text("a s3cret+/x-longer b s3cret+/x c")).toBe("a [secret] b [secret] c");
    expect(text(JSON.stringify({ a: "with 'quote\"s" }))).toBe('{"a":"[secret]"}');
    expect(text("mysql://u:s3cret%2B%2Fx@h")).toBe("mysql://u:[secret]@h");
    expect(text("echo 'with '\\''quote\"s'")).toBe("echo '[secret]'");
    expect(text(`Basic ${Buffer.from("s3cret+/x").toString("base64")}`)).toBe("Basic [secret]");
  });

  it("hides a complete key, and each of its lines", () => {
    expect(text(`before ${pem}`)).toBe("before [secret]\n");
    for (const line of pem.split("\n").slice(1, 3)) expect(text(`output: ${line}`)).toBe("output: [secret]");
    expect(text("-----BEGIN PRIVATE KEY-----")).toBe("-----BEGIN PRIVATE KEY-----");
  });

  it("does not hide values of fewer than six characters", () => {
    expect(text("a short text")).toBe("a short text");
  });

  it("redacts lists, records and maps, and copies only objects that contain a secret", () => {
    const bytes = new TextEncoder().encode("s3cret+/x");
    const clean = { list: ["a", 1, null], bytes };
    const event = { clean, line: "is s3cret+/x", map: new Map([["k", ["s3cret+/x"]]]) };
    const shown = value(event);
    expect(shown.line).toBe("is [secret]");
    expect(shown.map.get("k")).toEqual(["[secret]"]);
    expect(shown.clean).toBe(clean);
    expect(value(clean)).toBe(clean);
  });

  it("does nothing without values", () => {
    const event = { a: "b" };
    expect(newRedactor([]).value(event)).toBe(event);
  });
});

describe("newSearch", () => {
  it("finds each value at each offset, also outside ASCII", () => {
    const values = ["abcdefgh", "zzzzzzzzzzzzzzzzzzzzzzzz", "pässwörter-sind-gut", pem];
    const holds = newSearch(values);
    for (const value of values) {
      for (let before = 0; before < 40; before++) {
        expect(holds(`${"z".repeat(before)}${value}${"y".repeat(before % 3)}`)).toBe(true);
      }
    }
    expect(
      holds(
        new TextEncoder().encode(
          "… ssl_key FPO2eziEO5NZo8sOiVocY11c8RGhRANCAASNX7sAOkuRFIsRDeYJjvSpPOobMOTn",
        ),
      ),
    ).toBe(true);
  });

  it("finds nothing in other texts", () => {
    const holds = newSearch(["abcdefgh", "1234567"]);
    for (const text of [
      "",
      "abcdefg",
      "bcdefgh",
      "abcdefg h",
      "abcdabcd",
      "x1234567x",
      "-----BEGIN PRIVATE KEY-----",
    ])
      expect(holds(text)).toBe(false);
    expect(newSearch([])("abcdefgh")).toBe(false);
  });

  it("finds the same as a simple search", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 8, maxLength: 12 });
    const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 80 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 12 }), text, (values, one) => {
        expect(newSearch(values)(one)).toBe(values.some((value) => one.includes(value)));
      }),
      { numRuns: 2000 },
    );
  });
});
