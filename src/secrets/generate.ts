import { randomInt } from "node:crypto";
import { unreachable } from "../base/result.ts";
import type { SecretSpec } from "../model/secret.ts";
import type { DeclaredSecrets } from "./declared-secrets.ts";
import { endOf, fingerprint } from "./due-secrets.ts";
import type { StoredCertificate, StoredSecrets } from "./stored-secrets.ts";

/** None of these has a special meaning in a shell, a URL, SQL or a config file. */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** 32 of 62 letters: 190 bits. */
const PASSWORD_LENGTH = 32;

/** Creates or replaces the secrets with these names. `names` lists an authority before the certificates that it signs. */
export async function generate(
  names: Iterable<string>,
  declared: DeclaredSecrets,
  stored: StoredSecrets,
  now: Date,
): Promise<StoredSecrets> {
  const all = new Map(stored);
  for (const name of names) {
    const spec = declared.get(name)?.spec;
    if (spec !== undefined) all.set(name, await make(spec, all, now));
  }
  return all;
}

async function make(spec: SecretSpec, stored: StoredSecrets, now: Date): Promise<string | StoredCertificate> {
  switch (spec.type) {
    case "password":
      return password(spec.length ?? PASSWORD_LENGTH);
    case "authority":
      return certificate([spec.name], true, undefined, now);
    case "certificate": {
      const issuer = spec.authority === undefined ? undefined : stored.get(spec.authority);
      if (typeof issuer === "string") throw new Error(`${spec.authority} is not an authority`);
      return certificate(spec.names, false, issuer, now);
    }
    default:
      return unreachable(spec);
  }
}

function password(length: number): string {
  return Array.from({ length }, () => LETTERS.charAt(randomInt(LETTERS.length))).join("");
}

async function certificate(
  names: readonly string[],
  authority: boolean,
  issuer: StoredCertificate | undefined,
  now: Date,
): Promise<StoredCertificate> {
  // Most runs create no certificate.
  const { makeCertificate } = await import("./certificate.ts");
  const until = endOf(authority ? "authority" : "certificate", now, issuer);
  const made = makeCertificate({ names, authority, now, until, ...(issuer === undefined ? {} : { issuer }) });
  const by = issuer === undefined ? {} : { issuer: fingerprint(issuer) };
  return { ...made, made: { names, until: until.toISOString(), ...by } };
}
