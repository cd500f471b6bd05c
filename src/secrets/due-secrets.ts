import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { err, ok, type Result } from "../base/result.ts";
import type { Certificate } from "../model/secret.ts";
import type { Diagnostic } from "../model/source.ts";
import type { DeclaredSecret, DeclaredSecrets } from "./declared-secrets.ts";
import type { KeptCertificate, KeptSecrets } from "./stored-secrets.ts";

const DAY = 24 * 3600 * 1000;
/** Days before its end that a certificate is made anew. */
const RENEWED_BEFORE = 30;
/** Days before its end that an authority is warned of: its change is felt by all who trust it, so it is done on purpose. */
const WARNED_BEFORE = 90;
const AUTHORITY_DAYS = 3652;
const CERTIFICATE_DAYS = 730;

/** What must be made, by name; the reason is given where there was one before. Authorities stand before what they sign. */
export interface DueSecrets {
  readonly due: ReadonlyMap<string, string | undefined>;
  readonly warnings: readonly Diagnostic[];
}

interface Look {
  readonly declared: DeclaredSecrets;
  readonly kept: KeptSecrets;
  readonly now: Date;
  readonly due: Map<string, string | undefined>;
  readonly problems: Diagnostic[];
}

/** Compares what is declared with what is kept. Costs no cryptography where all was made here. */
export function dueSecrets(
  declared: DeclaredSecrets,
  kept: KeptSecrets,
  now: Date,
): Result<DueSecrets, readonly Diagnostic[]> {
  const look: Look = { declared, kept, now, due: new Map(), problems: [] };
  const authorities = [...declared].filter(([, { spec }]) => spec.type === "authority");
  const others = [...declared].filter(([, { spec }]) => spec.type !== "authority");
  for (const [name, one] of [...authorities, ...others]) judge({ name, declared: one, look });
  if (look.problems.some(({ severity }) => severity === "error")) return err(look.problems);
  return ok({ due: look.due, warnings: look.problems });
}

/** One secret, as it is declared. */
interface Case {
  readonly name: string;
  readonly declared: DeclaredSecret;
  readonly look: Look;
}

function judge(one: Case): void {
  const { name, look } = one;
  const { type } = one.declared.spec;
  const value = look.kept.get(name);
  if (value === undefined) look.due.set(name, undefined);
  else if (typeof value === "string") {
    if (type !== "password") tellOther(one, "text", "a certificate with its key");
  } else if (type === "password") tellOther(one, "a certificate", "text");
  else if (type === "authority") judgeAuthority(one, value);
  else if (value.made === undefined) judgeForeign(one, value);
  else {
    const why = whyRenewed(value.made, one.declared, look);
    if (why !== undefined) look.due.set(name, why);
  }
}

function tellOther(one: Case, is: string, shall: string): void {
  tell(one, `the secret ${one.name} is kept as ${is}, and shall be ${shall}`, removeIt(one.name));
}

const removeIt = (name: string): string =>
  `remove ${name} with \`provision secrets edit\`, and it is made anew by the next run`;

function tell(
  { look, declared: { source } }: Case,
  message: string,
  hint: string,
  severity: Diagnostic["severity"] = "error",
): void {
  look.problems.push({ severity, message, source, hint });
}

function judgeAuthority(one: Case, value: KeptCertificate): void {
  const { name, look } = one;
  const until = value.made === undefined ? checkedEnd(one, value) : new Date(value.made.until);
  if (until === undefined) return;
  const days = daysLeft(until, look.now);
  if (days >= WARNED_BEFORE) return;
  tell(
    one,
    `the authority ${name} ${endWords(days)}`,
    `${removeIt(name)}, with all it has signed`,
    "warning",
  );
}

/** A certificate that the user has put in is the user's: nothing is done to it. */
function judgeForeign(one: Case, value: KeptCertificate): void {
  const until = checkedEnd(one, value);
  const days = until === undefined ? RENEWED_BEFORE : daysLeft(until, one.look.now);
  if (days >= RENEWED_BEFORE) return;
  const message = `the certificate ${one.name} ${endWords(days)}, and was not made here`;
  tell(one, message, "put in a new one with `provision secrets edit`", "warning");
}

const endWords = (days: number): string => (days < 0 ? `ended ${-days} days ago` : `ends in ${days} days`);

/** When it ends. What was put in by hand may be anything, and is told apart before a daemon chokes on it. */
function checkedEnd(one: Case, { certificate, key }: Certificate): Date | undefined {
  const wrong = (message: string): undefined =>
    void tell(one, `the secret ${one.name}: ${message}`, "mend it with `provision secrets edit`");
  try {
    const parsed = new X509Certificate(certificate);
    const privateKey = createPrivateKey(key);
    if (!parsed.checkPrivateKey(privateKey)) return wrong("the key does not belong to the certificate");
    const signs = privateKey.asymmetricKeyType === "ec" || privateKey.asymmetricKeyType === "rsa";
    if (one.declared.spec.type === "authority" && !(signs && parsed.ca))
      return wrong("it is no authority with an EC or RSA key");
    return new Date(parsed.validTo);
  } catch {
    return wrong("the certificate or its key cannot be read as PEM");
  }
}

function whyRenewed(
  made: NonNullable<KeptCertificate["made"]>,
  { spec }: DeclaredSecret,
  look: Look,
): string | undefined {
  if (spec.type !== "certificate") return undefined;
  if (!isDeepStrictEqual(made.names, spec.names)) return "its names have changed";
  const issuer = spec.authority === undefined ? undefined : look.kept.get(spec.authority);
  const signer = typeof issuer === "object" ? fingerprint(issuer) : undefined;
  const gone = spec.authority !== undefined && look.due.has(spec.authority);
  if (gone || signer !== made.issuer) return "its authority has changed";
  const days = daysLeft(new Date(made.until), look.now);
  if (days >= RENEWED_BEFORE) return undefined;
  // Where the authority itself is about to end, a new one would end just as soon.
  const better = endOf(spec.type, look.now, typeof issuer === "object" ? issuer : undefined);
  if (better.getTime() - Date.parse(made.until) < DAY) return undefined;
  return days < 0 ? `it ended ${-days} days ago` : `${days} days were left`;
}

const daysLeft = (until: Date, now: Date): number => Math.floor((until.getTime() - now.getTime()) / DAY);

/** Tells certificates apart. */
export function fingerprint({ certificate }: Certificate): string {
  return createHash("sha256").update(certificate).digest("hex").slice(0, 32);
}

/** When something made now ends: nothing outlives its authority. */
export function endOf(
  type: "authority" | "certificate",
  now: Date,
  issuer: KeptCertificate | undefined,
): Date {
  const end = new Date(now.getTime() + (type === "authority" ? AUTHORITY_DAYS : CERTIFICATE_DAYS) * DAY);
  if (issuer === undefined) return end;
  const last =
    issuer.made === undefined
      ? new Date(new X509Certificate(issuer.certificate).validTo)
      : new Date(issuer.made.until);
  return last < end ? last : end;
}
