import { err, ok, type Result } from "../base/result.ts";
import type { Certificate } from "../model/secret.ts";

/** How `provision` created a certificate: decides when to renew it. A certificate that the user has put in has no such record. */
interface CreationRecord {
  readonly names: readonly string[];
  /** ISO 8601. */
  readonly until: string;
  /** The fingerprint of the authority; absent: the certificate is self-signed. */
  readonly issuer?: string;
}

/** A certificate in the secrets file. */
export interface StoredCertificate extends Certificate {
  readonly made?: CreationRecord;
}

/** Name → value, as in the secrets file; a password is text. */
export type StoredSecrets = ReadonlyMap<string, string | StoredCertificate>;

/** Parses the decrypted text. The error quotes nothing of it. */
export function parseSecrets(text: string): Result<StoredSecrets, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return err(`it is not valid JSON${lineOf(error, text)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return err("it is not a mapping of names to values");
  const stored = new Map<string, string | StoredCertificate>();
  for (const [name, one] of Object.entries(value)) {
    const read = typeof one === "string" && one !== "" ? one : readCertificate(one);
    if (read === undefined)
      return err(`the value of ${name} is neither text nor {"certificate": PEM, "key": PEM}`);
    stored.set(name, read);
  }
  return ok(stored);
}

/** The line of V8's error. Its message also quotes the text, and must not be shown. */
function lineOf(error: unknown, text: string): string {
  const at = /position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
  return at === undefined ? "" : ` (line ${text.slice(0, Number(at)).split("\n").length})`;
}

function readCertificate(value: unknown): StoredCertificate | undefined {
  if (typeof value !== "object" || value === null || !("certificate" in value) || !("key" in value))
    return undefined;
  const { certificate, key } = value;
  if (typeof certificate !== "string" || typeof key !== "string") return undefined;
  if (!certificate.includes("-----BEGIN CERTIFICATE-----") || !/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key))
    return undefined;
  const made = "made" in value ? readMade(value.made) : undefined;
  return made === undefined ? { certificate, key } : { certificate, key, made };
}

function readMade(value: unknown): CreationRecord | undefined {
  if (typeof value !== "object" || value === null || !("names" in value) || !("until" in value))
    return undefined;
  const { names, until } = value;
  if (!Array.isArray(names) || typeof until !== "string" || Number.isNaN(Date.parse(until))) return undefined;
  const texts = names.filter((name) => typeof name === "string");
  const issuer = "issuer" in value && typeof value.issuer === "string" ? { issuer: value.issuer } : {};
  return { names: texts, until, ...issuer };
}

/** The text to encrypt. Names are sorted, so an edit changes only the edited lines. */
export function formatSecrets(stored: StoredSecrets): string {
  const sorted = [...stored].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`;
}

/** The values that must never be shown. */
export function secretValues(stored: StoredSecrets): readonly string[] {
  return [...stored.values()].map((one) => (typeof one === "string" ? one : one.key));
}

/** One line for each secret: its name, its type and the end of a certificate. Shows no value. */
export function summaryOf(stored: StoredSecrets): readonly string[] {
  const names = [...stored.keys()].sort();
  const width = Math.max(0, ...names.map((name) => name.length));
  return names.map((name) => {
    const value = stored.get(name);
    if (typeof value !== "object") return `${name.padEnd(width)}  password`;
    const { made } = value;
    const about =
      made === undefined ? "put in by hand" : `until ${made.until.slice(0, 10)}, ${made.names.join(", ")}`;
    return `${name.padEnd(width)}  certificate, ${about}`;
  });
}
