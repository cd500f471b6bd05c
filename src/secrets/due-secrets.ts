import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { err, ok, type Result } from "../base/result.ts";
import type { Certificate } from "../model/secret.ts";
import type { Diagnostic } from "../model/source.ts";
import type { DeclaredSecret, DeclaredSecrets } from "./declared-secrets.ts";
import type { StoredCertificate, StoredSecrets } from "./stored-secrets.ts";

const DAY = 24 * 3600 * 1000;
/** Days before its end that a certificate is renewed. */
const RENEW_DAYS = 30;
/** Days before its end that a warning about an authority begins. A run never replaces one: every host that trusts it would be affected. */
const WARN_DAYS = 90;
const AUTHORITY_DAYS = 3652;
const CERTIFICATE_DAYS = 730;

/** The secrets to create or renew. */
export interface DueSecrets {
  /** Name → why it is renewed; undefined: it is new. An authority comes before the certificates that it signs. */
  readonly due: ReadonlyMap<string, string | undefined>;
  readonly warnings: readonly Diagnostic[];
}

interface Comparison {
  readonly declared: DeclaredSecrets;
  readonly stored: StoredSecrets;
  readonly now: Date;
  readonly due: Map<string, string | undefined>;
  readonly problems: Diagnostic[];
}

/** Compares the declared secrets with the stored ones. Parses only certificates that the user has put in. */
export function dueSecrets(
  declared: DeclaredSecrets,
  stored: StoredSecrets,
  now: Date,
): Result<DueSecrets, readonly Diagnostic[]> {
  const comparison: Comparison = { declared, stored, now, due: new Map(), problems: [] };
  const authorities = [...declared].filter(([, { spec }]) => spec.type === "authority");
  const others = [...declared].filter(([, { spec }]) => spec.type !== "authority");
  for (const [name, one] of [...authorities, ...others]) checkSecret({ name, declared: one, comparison });
  if (comparison.problems.some(({ severity }) => severity === "error")) return err(comparison.problems);
  return ok({ due: comparison.due, warnings: comparison.problems });
}

interface SecretCheck {
  readonly name: string;
  readonly declared: DeclaredSecret;
  readonly comparison: Comparison;
}

function checkSecret(one: SecretCheck): void {
  const { name, comparison } = one;
  const { type } = one.declared.spec;
  const value = comparison.stored.get(name);
  if (value === undefined) comparison.due.set(name, undefined);
  else if (typeof value === "string") {
    if (type !== "password") addWrongType(one, "text", "a certificate with its key");
  } else if (type === "password") addWrongType(one, "a certificate", "text");
  else if (type === "authority") checkAuthority(one, value);
  else if (value.made === undefined) checkUserCertificate(one, value);
  else {
    const why = whyRenewed(value.made, one.declared, comparison);
    if (why !== undefined) comparison.due.set(name, why);
  }
}

function addWrongType(one: SecretCheck, actual: string, needed: string): void {
  const message = `the secret ${one.name} is ${actual}, but its role needs ${needed}`;
  addProblem(one, message, removeHint(one.name));
}

const removeHint = (name: string): string =>
  `remove ${name} with \`provision secrets edit\`: the next run creates it again`;

function addProblem(
  { comparison, declared: { source } }: SecretCheck,
  message: string,
  hint: string,
  severity: Diagnostic["severity"] = "error",
): void {
  comparison.problems.push({ severity, message, source, hint });
}

function checkAuthority(one: SecretCheck, value: StoredCertificate): void {
  const { name, comparison } = one;
  const until = value.made === undefined ? userEnd(one, value) : new Date(value.made.until);
  if (until === undefined) return;
  const days = daysLeft(until, comparison.now);
  if (days >= WARN_DAYS) return;
  const hint = `${removeHint(name)}, and the certificates that it has signed`;
  addProblem(one, `the authority ${name} ${endText(days)}`, hint, "warning");
}

/** A run never replaces a certificate that the user has put in. */
function checkUserCertificate(one: SecretCheck, value: StoredCertificate): void {
  const until = userEnd(one, value);
  const days = until === undefined ? RENEW_DAYS : daysLeft(until, one.comparison.now);
  if (days >= RENEW_DAYS) return;
  const message = `the certificate ${one.name} ${endText(days)}. It was put in by hand, so no run renews it`;
  addProblem(one, message, "put in a new one with `provision secrets edit`", "warning");
}

const endText = (days: number): string => (days < 0 ? `ended ${-days} days ago` : `ends in ${days} days`);

/** The end of a certificate that the user has put in; undefined: it is invalid, and the problem is added. */
function userEnd(one: SecretCheck, { certificate, key }: Certificate): Date | undefined {
  const wrong = (message: string): undefined =>
    void addProblem(one, `the secret ${one.name}: ${message}`, "correct it with `provision secrets edit`");
  try {
    const parsed = new X509Certificate(certificate);
    const privateKey = createPrivateKey(key);
    if (!parsed.checkPrivateKey(privateKey)) return wrong("the key does not belong to the certificate");
    const signs = privateKey.asymmetricKeyType === "ec" || privateKey.asymmetricKeyType === "rsa";
    if (one.declared.spec.type === "authority" && !(signs && parsed.ca))
      return wrong("it is not an authority with an EC or RSA key");
    return new Date(parsed.validTo);
  } catch {
    return wrong("the certificate or its key cannot be read as PEM");
  }
}

function whyRenewed(
  made: NonNullable<StoredCertificate["made"]>,
  { spec }: DeclaredSecret,
  comparison: Comparison,
): string | undefined {
  if (spec.type !== "certificate") return undefined;
  if (!isDeepStrictEqual(made.names, spec.names)) return "its names have changed";
  const issuer = spec.authority === undefined ? undefined : comparison.stored.get(spec.authority);
  const signer = typeof issuer === "object" ? fingerprint(issuer) : undefined;
  const replaced = spec.authority !== undefined && comparison.due.has(spec.authority);
  if (replaced || signer !== made.issuer) return "its authority has changed";
  const days = daysLeft(new Date(made.until), comparison.now);
  if (days >= RENEW_DAYS) return undefined;
  // A certificate cannot outlive its authority, so renewing it would gain nothing if the authority ends soon.
  const renewed = endOf(spec.type, comparison.now, typeof issuer === "object" ? issuer : undefined);
  if (renewed.getTime() - Date.parse(made.until) < DAY) return undefined;
  return days < 0 ? `it ended ${-days} days ago` : `it had ${days} days left`;
}

const daysLeft = (until: Date, now: Date): number => Math.floor((until.getTime() - now.getTime()) / DAY);

/** A hash that identifies a certificate. */
export function fingerprint({ certificate }: Certificate): string {
  return createHash("sha256").update(certificate).digest("hex").slice(0, 32);
}

/** The end of a certificate that is created now. It does not outlive its authority. */
export function endOf(
  type: "authority" | "certificate",
  now: Date,
  issuer: StoredCertificate | undefined,
): Date {
  const end = new Date(now.getTime() + (type === "authority" ? AUTHORITY_DAYS : CERTIFICATE_DAYS) * DAY);
  if (issuer === undefined) return end;
  const last =
    issuer.made === undefined
      ? new Date(new X509Certificate(issuer.certificate).validTo)
      : new Date(issuer.made.until);
  return last < end ? last : end;
}
