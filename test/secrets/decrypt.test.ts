import { armor, Encrypter, generateHybridIdentity, identityToRecipient } from "age-encryption";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type AgeKey, decryptText, isRecipient, parseAgeKey } from "../../src/secrets/decrypt.ts";
import { encryptText, newAgeKey } from "../../src/secrets/encrypt.ts";

async function keyPair(): Promise<AgeKey> {
  const key = parseAgeKey(await newAgeKey());
  if (key === undefined) throw new Error("a new key cannot be read");
  return key;
}

let mine: AgeKey;
let theirs: AgeKey;
beforeAll(async () => {
  [mine, theirs] = [await keyPair(), await keyPair()];
});

describe("parseAgeKey", () => {
  it("derives the same public key as age", async () => {
    const text = await newAgeKey();
    expect(parseAgeKey(`${text}\n`)?.recipient).toBe(await identityToRecipient(text));
  });

  it("refuses a key with a wrong character, and a key of another type", async () => {
    const text = await newAgeKey();
    expect(parseAgeKey(text.replace(/.$/, (last) => (last === "Q" ? "P" : "Q")))).toBeUndefined();
    expect(parseAgeKey(await generateHybridIdentity())).toBeUndefined();
    expect(parseAgeKey("")).toBeUndefined();
    expect([isRecipient(mine.recipient), isRecipient(text), isRecipient("age1abc")]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("decryptText", () => {
  it("decrypts what age writes, for its recipients only", async () => {
    const sealed = await encryptText("hello\nwörld\n", [mine.recipient, theirs.recipient]);
    expect(decryptText(sealed, [mine])).toEqual({ ok: true, value: "hello\nwörld\n" });
    expect(decryptText(sealed, [theirs])).toEqual({ ok: true, value: "hello\nwörld\n" });
    const stranger = await keyPair();
    expect(decryptText(sealed, [stranger])).toEqual({ ok: false, error: "wrong-key" });
    expect(decryptText(sealed, [stranger, theirs]).ok).toBe(true);
    expect(decryptText(sealed, [])).toEqual({ ok: false, error: "wrong-key" });
  });

  it("decrypts a file with other types of recipients, with indentation and with CRLF", async () => {
    const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(await generateHybridIdentity()));
    encrypter.addRecipient(mine.recipient);
    const sealed = armor.encode(await encrypter.encrypt("x"));
    expect(decryptText(sealed, [mine])).toEqual({ ok: true, value: "x" });
    const shifted = `\n${sealed.replace(/^/gm, "    ").replaceAll("\n", "\r\n")}\n`;
    expect(decryptText(shifted, [mine])).toEqual({ ok: true, value: "x" });
  });

  it.each([0, 1, 65_535, 65_536, 65_537, 131_072, 200_000])("decrypts %i bytes", async (length) => {
    const text = "0123456789abcdef".repeat(Math.ceil(length / 16)).slice(0, length);
    const read = decryptText(await encryptText(text, [mine.recipient]), [mine]);
    expect(read.ok && read.value === text).toBe(true);
  });

  it("refuses a file with a changed bit or a missing part", async () => {
    const sealed = armor.decode(await encryptText("a".repeat(70_000), [mine.recipient]));
    const read = (bytes: Uint8Array) => decryptText(armor.encode(bytes), [mine]);
    expect(read(sealed).ok).toBe(true);
    for (let bit = 0; bit < 300 * 8; bit++) expect(read(flipped(sealed, bit)).ok).toBe(false);
    fc.assert(
      fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
        expect(read(flipped(sealed, bit)).ok).toBe(false);
      }),
      { numRuns: 200 },
    );
    const chunk = sealed.length - 70_000 - 32 + 65_552;
    for (const length of [0, 10, 100, 200, 216, chunk, sealed.length - 16, sealed.length - 1])
      expect(read(sealed.subarray(0, length)).ok).toBe(false);
    const longer = new Uint8Array([...sealed, 0]);
    expect(read(longer).ok).toBe(false);
  });

  it("reports garbage as `damaged`", () => {
    const garbage = fc.oneof(
      fc.string(),
      fc.uint8Array({ maxLength: 400 }).map((bytes) => armor.encode(bytes)),
    );
    const header = fc
      .array(
        fc.constantFrom(
          "age-encryption.org/v1",
          "-> X25519 AAAA",
          "-> X25519",
          "->",
          "--- ",
          "",
          "AAAA",
          "A".repeat(64),
        ),
      )
      .map((lines) => armor.encode(new TextEncoder().encode(lines.join("\n"))));
    fc.assert(
      fc.property(fc.oneof(garbage, header), (text) => {
        expect(decryptText(text, [mine])).toEqual({ ok: false, error: "damaged" });
      }),
      { numRuns: 500 },
    );
  });
});

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}
