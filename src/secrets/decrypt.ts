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
 * Reads files in the format age-encryption.org/v1 that are encrypted for X25519 keys. It uses Node's own cryptography
 * instead of the package that writes the files, because every run reads its secrets first: the package takes 40 ms
 * (measured; mostly compiling code that runs once), this code 2 ms. It is synchronous, like reading an inventory.
 */

/** A parsed secret key of age. */
export interface AgeKey {
  readonly private: KeyObject;
  /** 32 bytes. */
  readonly public: Buffer;
  /** The public key as text: `age1…`. */
  readonly recipient: string;
}

/** Why a text cannot be decrypted. */
export type Undecryptable =
  /** It is encrypted for other keys. */
  | "wrong-key"
  /** It is not an age file, or it was cut off or changed. */
  | "damaged";

const ARMOR_BEGIN = "-----BEGIN AGE ENCRYPTED FILE-----";
const ARMOR_END = "-----END AGE ENCRYPTED FILE-----";
const VERSION = "age-encryption.org/v1";
const CHUNK = 64 * 1024;
const TAG = 16;
/** The DER prefixes of an X25519 key of 32 bytes, in PKCS #8 and in SPKI (RFC 8410). */
const PRIVATE_DER = Buffer.from("302e020100300506032b656e04220420", "hex");
const PUBLIC_DER = Buffer.from("302a300506032b656e032100", "hex");

/** Parses `AGE-SECRET-KEY-1…`; undefined: it is not such a key. */
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

/** True for an X25519 public key of age: `age1…`. */
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

/** Decrypts a file in age's text form (ASCII armor). */
export function decryptText(armored: string, keys: readonly AgeKey[]): Result<string, Undecryptable> {
  const bytes = fromArmor(armored);
  const header = bytes === undefined ? undefined : parseHeader(bytes);
  if (bytes === undefined || header === undefined) return err("damaged");
  const fileKey = findFileKey(header.stanzas, keys);
  if (typeof fileKey === "string") return err(fileKey);
  const macKey = Buffer.from(hkdfSync("sha256", fileKey, "", "header", 32));
  const mac = createHmac("sha256", macKey).update(bytes.subarray(0, header.macLength)).digest();
  if (!timingSafeEqual(mac, header.mac)) return err("damaged");
  const plaintext = decryptPayload(fileKey, bytes.subarray(header.end));
  if (plaintext === undefined) return err("damaged");
  try {
    return ok(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plaintext));
  } catch {
    return err("damaged");
  }
}

/** True if a text begins like an age file in text form. */
export function isArmored(text: string): boolean {
  return text.trimStart().startsWith(ARMOR_BEGIN);
}

function fromArmor(text: string): Buffer | undefined {
  const lines = text
    .trim()
    .split("\n")
    .map((line) => line.trim());
  if (lines.shift() !== ARMOR_BEGIN || lines.pop() !== ARMOR_END) return undefined;
  const complete = lines.every((line, index) => line.length === 64 || index === lines.length - 1);
  return complete ? fromBase64(lines.join(""), true) : undefined;
}

/** Accepts only the canonical encoding of each value, as the format requires. */
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
  /** How many bytes the MAC covers: everything up to and including `---`. */
  readonly macLength: number;
  /** The offset of the payload. */
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
  return { stanzas, mac, macLength: macAt + 4, end: end + 1 };
}

/** Parses stanzas. Each begins with `-> kind argument…`; its body ends with the first line of fewer than 64 characters. */
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
  return "wrong-key";
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
    return undefined; // OpenSSL refuses a point of low order.
  }
  const salt = Buffer.concat([share, key.public]);
  const wrapKey = Buffer.from(hkdfSync("sha256", shared, salt, `${VERSION}/X25519`, 32));
  return decryptChunk(wrapKey, Buffer.alloc(12), body);
}

/** Decrypts numbered chunks of 64 KiB. The nonce marks the last chunk; only a single chunk may be empty. */
function decryptPayload(fileKey: Buffer, bytes: Buffer): Buffer | undefined {
  if (bytes.length < 16 + TAG) return undefined;
  const key = Buffer.from(hkdfSync("sha256", fileKey, bytes.subarray(0, 16), "payload", 32));
  const encrypted = bytes.subarray(16);
  const plaintext: Buffer[] = [];
  const nonce = Buffer.alloc(12);
  for (let at = 0, count = 0; at < encrypted.length; at += CHUNK + TAG, count++) {
    const last = at + CHUNK + TAG >= encrypted.length;
    nonce.writeUInt32BE(count, 7);
    nonce.writeUInt8(last ? 1 : 0, 11);
    const chunk = decryptChunk(key, nonce, encrypted.subarray(at, at + CHUNK + TAG));
    if (chunk === undefined || (chunk.length === 0 && count > 0)) return undefined;
    plaintext.push(chunk);
  }
  return Buffer.concat(plaintext);
}

/** Decrypts ChaCha20-Poly1305; undefined: the data was changed, or the key is wrong. */
function decryptChunk(key: Buffer, nonce: Buffer, encrypted: Buffer): Buffer | undefined {
  if (encrypted.length < TAG) return undefined;
  try {
    const cipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: TAG });
    cipher.setAuthTag(encrypted.subarray(encrypted.length - TAG));
    return Buffer.concat([cipher.update(encrypted.subarray(0, encrypted.length - TAG)), cipher.final()]);
  } catch {
    return undefined;
  }
}
