import {
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from "node:crypto";
import { bech32 } from "@scure/base";
import { err, ok, type Result } from "../base/result.ts";

/*
 * Reads files in the format age-encryption.org/v1, encrypted for X25519 keys. Written with Node's own cryptography, and
 * not with the package that writes them: each run reads its secrets before anything else, and the package takes 40 ms for
 * that (measured; mostly code that is compiled for one use), this 2 ms. It is synchronous too, as reading an inventory is.
 */

/** A secret key of age, ready for use. */
export interface AgeKey {
  readonly private: KeyObject;
  /** 32 bytes. */
  readonly public: Buffer;
  /** The public key as it is given to others: `age1…`. */
  readonly recipient: string;
}

/** Why something could not be decrypted. */
export type Undecryptable =
  /** None of the keys is one it was encrypted for. */
  | "foreign"
  /** It is no age file, cut off, or not what was once written. */
  | "damaged";

const ARMOR_BEGIN = "-----BEGIN AGE ENCRYPTED FILE-----";
const ARMOR_END = "-----END AGE ENCRYPTED FILE-----";
const VERSION = "age-encryption.org/v1";
const CHUNK = 64 * 1024;
const TAG = 16;
/** DER before the 32 bytes of an X25519 key: PKCS #8 and SPKI have one form for it (RFC 8410). */
const PRIVATE_DER = Buffer.from("302e020100300506032b656e04220420", "hex");
const PUBLIC_DER = Buffer.from("302a300506032b656e032100", "hex");

/** Reads `AGE-SECRET-KEY-1…`; undefined: it is no such key. */
export function parseAgeKey(text: string): AgeKey | undefined {
  const bytes = fromBech32(text.trim().toLowerCase(), "age-secret-key-");
  if (bytes === undefined) return undefined;
  const key = createPrivateKey({
    key: Buffer.concat([PRIVATE_DER, bytes]),
    format: "der",
    type: "pkcs8",
  });
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(PUBLIC_DER.length);
  return { private: key, public: publicKey, recipient: bech32.encodeFromBytes("age", publicKey) };
}

/** True for a public key that this program can encrypt for: `age1…`, of the kind X25519. */
export function isRecipient(text: string): boolean {
  return fromBech32(text, "age") !== undefined;
}

function fromBech32(text: string, prefix: string): Uint8Array | undefined {
  try {
    const decoded = bech32.decodeToBytes(text);
    return decoded.prefix === prefix && decoded.bytes.length === 32 ? decoded.bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Decrypts a file in age's text form (armor). */
export function decryptText(armored: string, keys: readonly AgeKey[]): Result<string, Undecryptable> {
  const bytes = fromArmor(armored);
  const header = bytes === undefined ? undefined : parseHeader(bytes);
  if (bytes === undefined || header === undefined) return err("damaged");
  const fileKey = findFileKey(header.stanzas, keys);
  if (typeof fileKey === "string") return err(fileKey);
  const macKey = Buffer.from(hkdfSync("sha256", fileKey, "", "header", 32));
  const mac = createHmac("sha256", macKey).update(bytes.subarray(0, header.macFrom)).digest();
  if (!timingSafeEqual(mac, header.mac)) return err("damaged");
  const plain = openPayload(fileKey, bytes.subarray(header.end));
  if (plain === undefined) return err("damaged");
  try {
    return ok(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plain));
  } catch {
    return err("damaged");
  }
}

/** True where a text is meant to be an age file in text form. */
export function isArmored(text: string): boolean {
  return text.trimStart().startsWith(ARMOR_BEGIN);
}

function fromArmor(text: string): Buffer | undefined {
  const lines = text
    .trim()
    .split("\n")
    .map((line) => line.trim());
  if (lines.shift() !== ARMOR_BEGIN || lines.pop() !== ARMOR_END) return undefined;
  const whole = lines.every((line, index) => line.length === 64 || index === lines.length - 1);
  return whole ? fromBase64(lines.join(""), true) : undefined;
}

/** Exactly one way to write each value is taken, as the format demands. */
function fromBase64(text: string, padded: boolean): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  const again = bytes.toString("base64");
  return (padded ? again : again.replace(/=+$/, "")) === text ? bytes : undefined;
}

interface Stanza {
  readonly args: readonly string[];
  readonly body: Buffer;
}

interface Header {
  readonly stanzas: readonly Stanza[];
  readonly mac: Buffer;
  /** Bytes that the code is made of: all up to and with `---`. */
  readonly macFrom: number;
  /** Where the payload begins. */
  readonly end: number;
}

function parseHeader(bytes: Buffer): Header | undefined {
  const macAt = bytes.indexOf("\n--- ");
  const end = macAt === -1 ? -1 : bytes.indexOf("\n", macAt + 1);
  if (end === -1) return undefined;
  const [version, ...lines] = bytes.toString("latin1", 0, macAt).split("\n");
  const mac = fromBase64(bytes.toString("latin1", macAt + 5, end), false);
  const stanzas = parseStanzas(lines);
  if (version !== VERSION || mac?.length !== 32 || stanzas === undefined) return undefined;
  return { stanzas, mac, macFrom: macAt + 4, end: end + 1 };
}

/** Each begins with `-> kind argument…`; its body ends with the first line of fewer than 64 characters. */
function parseStanzas(lines: readonly string[]): readonly Stanza[] | undefined {
  const stanzas: Stanza[] = [];
  for (let at = 0; at < lines.length; ) {
    const first = lines[at++] ?? "";
    if (!first.startsWith("-> ")) return undefined;
    let text = "";
    let line = "";
    do {
      line = lines[at++] ?? "-";
      text += line;
    } while (line.length === 64);
    const body = line.length > 64 ? undefined : fromBase64(text, false);
    if (body === undefined) return undefined;
    stanzas.push({ args: first.slice(3).split(" "), body });
  }
  return stanzas;
}

function findFileKey(stanzas: readonly Stanza[], keys: readonly AgeKey[]): Buffer | Undecryptable {
  for (const { args, body } of stanzas) {
    const [kind, text = "", ...more] = args;
    if (kind !== "X25519") continue;
    const share = fromBase64(text, false);
    if (share?.length !== 32 || more.length > 0 || body.length !== 32) return "damaged";
    for (const key of keys) {
      const fileKey = unwrap(key, share, body);
      if (fileKey !== undefined) return fileKey;
    }
  }
  return "foreign";
}

function unwrap(key: AgeKey, share: Buffer, body: Buffer): Buffer | undefined {
  let shared: Buffer;
  try {
    const publicKey = createPublicKey({
      key: Buffer.concat([PUBLIC_DER, share]),
      format: "der",
      type: "spki",
    });
    shared = diffieHellman({ privateKey: key.private, publicKey });
  } catch {
    return undefined; // A point of low order, which OpenSSL refuses to use.
  }
  const salt = Buffer.concat([share, key.public]);
  const wrapping = Buffer.from(hkdfSync("sha256", shared, salt, `${VERSION}/X25519`, 32));
  return open(wrapping, Buffer.alloc(12), body);
}

/** Chunks of 64 KiB, numbered; the last one says so in its nonce, and may be empty only where it is the only one. */
function openPayload(fileKey: Buffer, bytes: Buffer): Buffer | undefined {
  if (bytes.length < 16 + TAG) return undefined;
  const key = Buffer.from(hkdfSync("sha256", fileKey, bytes.subarray(0, 16), "payload", 32));
  const sealed = bytes.subarray(16);
  const plain: Buffer[] = [];
  const nonce = Buffer.alloc(12);
  for (let at = 0, count = 0; at < sealed.length; at += CHUNK + TAG, count++) {
    const last = at + CHUNK + TAG >= sealed.length;
    nonce.writeUInt32BE(count, 7);
    nonce.writeUInt8(last ? 1 : 0, 11);
    const chunk = open(key, nonce, sealed.subarray(at, at + CHUNK + TAG));
    if (chunk === undefined || (chunk.length === 0 && count > 0)) return undefined;
    plain.push(chunk);
  }
  return Buffer.concat(plain);
}

/** ChaCha20-Poly1305; undefined: not what was sealed with this key. */
function open(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer | undefined {
  if (sealed.length < TAG) return undefined;
  try {
    const cipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: TAG });
    cipher.setAuthTag(sealed.subarray(sealed.length - TAG));
    return Buffer.concat([cipher.update(sealed.subarray(0, sealed.length - TAG)), cipher.final()]);
  } catch {
    return undefined;
  }
}
