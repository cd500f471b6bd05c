import { createHash } from "node:crypto";

const sha256 = (...parts: readonly (Uint8Array | string)[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The hash of `mysql_native_password`: `*` and SHA-1 of SHA-1, in capitals. It has no salt. */
export function nativeHash(password: string): string {
  const sha1 = (data: Uint8Array | string): Buffer => createHash("sha1").update(data).digest();
  return `*${sha1(sha1(password)).toString("hex").toUpperCase()}`;
}

/** Rounds in thousands that every version accepts: the default before 9. */
const usualRounds = 5;
const saltLength = 20;

/** The hash of `caching_sha2_password`: `$A$`, thousands of rounds as three hexadecimal digits, `$`, 20 bytes of salt, 43 letters. */
export function cachingHash(password: string, salt: Uint8Array, thousands = usualRounds): Buffer {
  const head = `$A$${thousands.toString(16).toUpperCase().padStart(3, "0")}$`;
  const letters = crypt(Buffer.from(password), salt, thousands * 1000);
  return Buffer.concat([Buffer.from(head), salt, Buffer.from(letters)]);
}

/** A salt for a new account: always the same for one account and password, and different for others. */
export function saltFor(account: string, password: string): Buffer {
  const letters = [...sha256("provision", account, "\0", password)].slice(0, saltLength);
  return Buffer.from(letters.map((byte) => alphabet.charCodeAt(byte % 64)));
}

/** Whether a stored hash of either plugin belongs to this password. */
export function isHashOf(stored: Uint8Array, password: string): boolean {
  const text = Buffer.from(stored).toString("latin1");
  if (text.startsWith("*")) return text.toUpperCase() === nativeHash(password);
  const rounds = /^\$A\$([0-9A-F]{3})\$/.exec(text)?.[1];
  // A hash with very many rounds would take minutes, so it does not count.
  if (rounds === undefined || text.length !== 7 + saltLength + 43 || Number.parseInt(rounds, 16) > 100)
    return false;
  const salt = Buffer.from(stored).subarray(7, 7 + saltLength);
  return cachingHash(password, salt, Number.parseInt(rounds, 16)).equals(Buffer.from(stored));
}

const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** SHA-256 crypt as described by Ulrich Drepper, but with a salt of any length. */
function crypt(password: Uint8Array, salt: Uint8Array, count: number): string {
  const repeated = (block: Uint8Array, length: number): Buffer =>
    Buffer.from(Array.from({ length }, (_, i) => block[i % block.length] ?? 0));
  const b = sha256(password, salt, password);
  const bits = password.length.toString(2).split("").reverse();
  let digest = sha256(
    password,
    salt,
    repeated(b, password.length),
    ...(password.length === 0 ? [] : bits.map((bit) => (bit === "1" ? b : password))),
  );
  const p = repeated(sha256(...Array.from({ length: password.length }, () => password)), password.length);
  const s = repeated(sha256(...Array.from({ length: 16 + (digest[0] ?? 0) }, () => salt)), salt.length);
  for (let i = 0; i < count; i += 1) {
    digest = sha256(
      i % 2 === 1 ? p : digest,
      i % 3 === 0 ? "" : s,
      i % 7 === 0 ? "" : p,
      i % 2 === 1 ? digest : p,
    );
  }
  return letters(digest);
}

/** Three bytes as four letters, in crypt's order. */
function letters(digest: Uint8Array): string {
  const at = (i: number): number => digest[i] ?? 0;
  let text = "";
  const add = (high: number, middle: number, low: number, count: number): void => {
    let value = (high << 16) | (middle << 8) | low;
    for (let i = 0; i < count; i += 1) {
      text += alphabet[value & 63];
      value >>= 6;
    }
  };
  let [x, y, z] = [0, 10, 20];
  for (let i = 0; i < 10; i += 1) {
    add(at(x), at(y), at(z), 4);
    [x, y, z] = [z + 1, x + 1, y + 1];
  }
  add(0, at(31), at(30), 3);
  return text;
}
