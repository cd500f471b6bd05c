import { resolve } from "node:path";
import { listed } from "../base/listed.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { AnyRole } from "../model/role.ts";
import type { Secrets } from "../model/secret.ts";
import type { Diagnostic } from "../model/source.ts";
import type { Topology } from "../model/topology.ts";
import { type DeclaredSecrets, declaredSecrets } from "./declared-secrets.ts";
import { type DueSecrets, dueSecrets } from "./due-secrets.ts";
import { generate } from "./generate.ts";
import { type Environment, type Identity, makeIdentity, newKeyNotice, readIdentity } from "./identity.ts";
import { lockFile } from "./lock.ts";
import {
  cannotWrite,
  decryptSecrets,
  noKeyFor,
  readEncrypted,
  recipientsOf,
  type SecretsFiles,
  secretsFiles,
  writeSecrets,
} from "./secrets-file.ts";
import { type StoredCertificate, type StoredSecrets, secretValues } from "./stored-secrets.ts";

/** What `openSecrets` needs. */
export interface OpenOptions {
  /** The paths given with `-i`. */
  readonly inventory: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
  readonly topology: Topology;
  readonly roles: ReadonlyMap<string, AnyRole>;
  /** The decrypted values of the inventory. */
  readonly unlocked: readonly string[];
  readonly now: Date;
}

/** The secrets of a run, and messages for the user. */
export interface OpenedSecrets {
  readonly secrets: Secrets;
  readonly warnings: readonly Diagnostic[];
  /** What was created or renewed, one line each. */
  readonly notices: readonly string[];
}

interface Opening {
  readonly options: OpenOptions;
  readonly files: SecretsFiles;
  readonly declared: DeclaredSecrets;
  readonly identity: Identity | undefined;
}

/**
 * Decrypts the secrets that the topology's roles declare. Creates missing secrets and renews certificates that end soon,
 * also for `plan` and `check`, which would otherwise show values that no run uses. Contacts no host. Never changes a file
 * that it cannot decrypt.
 */
export async function openSecrets(
  options: OpenOptions,
): Promise<Result<OpenedSecrets, readonly Diagnostic[]>> {
  const declared = declaredSecrets(options.topology, options.roles);
  if (!declared.ok) return declared;
  if (declared.value.size === 0) {
    return ok({ secrets: secretsOf(declared.value, new Map(), options.unlocked), warnings: [], notices: [] });
  }
  const files = secretsFiles(options.inventory, options.cwd);
  const identity = readIdentity(options.env);
  if (!identity.ok) return err([identity.error]);
  const opening: Opening = { options, files, declared: declared.value, identity: identity.value };
  const comparison = compare(opening);
  if (!comparison.ok) return comparison;
  return comparison.value.due.size === 0 ? ok(opened(opening, comparison.value, [])) : update(opening);
}

interface Comparison extends DueSecrets {
  readonly stored: StoredSecrets;
}

function compare({ options, files, declared, identity }: Opening): Result<Comparison, readonly Diagnostic[]> {
  const encrypted = readEncrypted(files);
  if (!encrypted.ok) return err([encrypted.error]);
  if (encrypted.value !== undefined && identity === undefined)
    return err([noKeyFor(files.file, options.env)]);
  const stored =
    encrypted.value === undefined || identity === undefined
      ? ok<StoredSecrets>(new Map())
      : decryptSecrets(encrypted.value, files, identity);
  if (!stored.ok) return err([stored.error]);
  const due = dueSecrets(declared, stored.value, options.now);
  return due.ok ? ok({ ...due.value, stored: stored.value }) : due;
}

/** Compares again while it holds the lock, because another run may have just created the same secrets. */
async function update(opening: Opening): Promise<Result<OpenedSecrets, readonly Diagnostic[]>> {
  const { options, files } = opening;
  const created = opening.identity === undefined ? await makeIdentity(options.env) : ok(opening.identity);
  if (!created.ok) return err([created.error]);
  const identity = created.value;
  const notices = opening.identity === undefined ? [newKeyNotice(identity)] : [];
  const recipients = recipientsOf(files, identity);
  if (!recipients.ok) return err([recipients.error]);
  const lock = await lockFile(resolve(options.cwd, `${files.file}.lock`));
  if (!lock.ok) return err([cannotWrite(files.file, lock.error)]);
  try {
    const withIdentity = { ...opening, identity };
    const comparison = compare(withIdentity);
    if (!comparison.ok) return comparison;
    if (comparison.value.due.size === 0) return ok(opened(withIdentity, comparison.value, notices));
    const { due } = comparison.value;
    const stored = await generate(due.keys(), opening.declared, comparison.value.stored, options.now);
    const written = await writeSecrets(stored, files, recipients.value.all, lock.value.held);
    if (!written.ok) return err([written.error]);
    const warnings = [...comparison.value.warnings, ...recipients.value.warnings];
    return ok(opened(withIdentity, { due, stored, warnings }, [...notices, ...dueNotices(due, files)]));
  } finally {
    lock.value.release();
  }
}

function dueNotices(due: DueSecrets["due"], { file }: SecretsFiles): readonly string[] {
  const created = [...due].filter(([, why]) => why === undefined).map(([name]) => name);
  const renewed = [...due].flatMap(([name, why]) =>
    why === undefined ? [] : [`renewed the certificate ${name}: ${why}`],
  );
  const count = created.length === 1 ? "a secret" : `${created.length} secrets`;
  return [
    ...(created.length === 0 ? [] : [`created ${count} in ${file}: ${listed(created, 4)}`]),
    ...renewed,
  ];
}

function opened(
  { options, declared, identity }: Opening,
  comparison: Comparison,
  notices: readonly string[],
): OpenedSecrets {
  const secrets = secretsOf(declared, comparison.stored, options.unlocked);
  return { secrets, warnings: [...(identity?.warnings ?? []), ...comparison.warnings], notices };
}

function secretsOf(declared: DeclaredSecrets, stored: StoredSecrets, unlocked: readonly string[]): Secrets {
  const find = (name: string): string | StoredCertificate => {
    const value = declared.has(name) ? stored.get(name) : undefined;
    if (value === undefined) throw new Error(`no role declares a secret named ${name}`);
    return value;
  };
  return {
    password(name) {
      const value = find(name);
      if (typeof value !== "string") throw new Error(`the secret ${name} is a certificate, not a password`);
      return value;
    },
    certificate(name) {
      const value = find(name);
      if (typeof value === "string") throw new Error(`the secret ${name} is a password, not a certificate`);
      return { certificate: value.certificate, key: value.key };
    },
    values: [...new Set([...secretValues(stored), ...unlocked])],
  };
}
