import { err, ok, type Result } from "../base/result.ts";
import type { Certificate } from "../model/secret.ts";

/** How a certificate was made here: what tells when it must be made anew. One put in by hand has no such record. */
interface MadeBy {
  readonly names: readonly string[];
  /** ISO 8601. */
  readonly until: string;
  /** The certificate of the authority, hashed; absent: it signed itself. */
  readonly issuer?: string;
}

/** A certificate as it is kept. */
export interface KeptCertificate extends Certificate {
  readonly made?: MadeBy;
}

/** Name → value, as in the encrypted file: a password is text. */
export type KeptSecrets = ReadonlyMap<string, string | KeptCertificate>;

/** Reads the decrypted text; the error says what is wrong with it, and quotes nothing of it. */
export function parseKept(text: string): Result<KeptSecrets, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return err(`it is no JSON${lineOf(error, text)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return err("it is not a mapping of names to values");
  const kept = new Map<string, string | KeptCertificate>();
  for (const [name, one] of Object.entries(value)) {
    const read = typeof one === "string" && one !== "" ? one : readCertificate(one);
    if (read === undefined)
      return err(`the value of ${name} is neither text nor {"certificate": PEM, "key": PEM}`);
    kept.set(name, read);
  }
  return ok(kept);
}

/** V8 says where, and quotes what stands there: only where may be told. */
function lineOf(error: unknown, text: string): string {
  const at = /position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
  return at === undefined ? "" : ` (line ${text.slice(0, Number(at)).split("\n").length})`;
}

function readCertificate(value: unknown): KeptCertificate | undefined {
  if (typeof value !== "object" || value === null || !("certificate" in value) || !("key" in value))
    return undefined;
  const { certificate, key } = value;
  if (typeof certificate !== "string" || typeof key !== "string") return undefined;
  if (!certificate.includes("-----BEGIN CERTIFICATE-----") || !/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key))
    return undefined;
  const made = "made" in value ? readMade(value.made) : undefined;
  return made === undefined ? { certificate, key } : { certificate, key, made };
}

function readMade(value: unknown): MadeBy | undefined {
  if (typeof value !== "object" || value === null || !("names" in value) || !("until" in value))
    return undefined;
  const { names, until } = value;
  if (!Array.isArray(names) || typeof until !== "string" || Number.isNaN(Date.parse(until))) return undefined;
  const texts = names.filter((name) => typeof name === "string");
  const issuer = "issuer" in value && typeof value.issuer === "string" ? { issuer: value.issuer } : {};
  return { names: texts, until, ...issuer };
}

/** The text that is encrypted: names in order, so that a version that is edited differs where it was edited. */
export function printKept(kept: KeptSecrets): string {
  const sorted = [...kept].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`;
}

/** All of it that must never be shown. */
export function keptValues(kept: KeptSecrets): readonly string[] {
  return [...kept.values()].map((one) => (typeof one === "string" ? one : one.key));
}

/** One line for each secret, which shows nothing of it: its name, what it is, and until when it is good. */
export function summaryOf(kept: KeptSecrets): readonly string[] {
  const names = [...kept.keys()].sort();
  const width = Math.max(0, ...names.map((name) => name.length));
  return names.map((name) => {
    const value = kept.get(name);
    if (typeof value !== "object") return `${name.padEnd(width)}  password`;
    const { made } = value;
    const about =
      made === undefined ? "put in by hand" : `until ${made.until.slice(0, 10)}, ${made.names.join(", ")}`;
    return `${name.padEnd(width)}  certificate, ${about}`;
  });
}
