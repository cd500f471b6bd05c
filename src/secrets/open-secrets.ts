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
import {
  type Environment,
  type Identity,
  madeIdentityNotice,
  makeIdentity,
  readIdentity,
} from "./identity.ts";
import { lockFile } from "./lock.ts";
import {
  cannotWrite,
  noKeyFor,
  openKept,
  readEncrypted,
  recipientsOf,
  type SecretsFiles,
  secretsFiles,
  writeKept,
} from "./secrets-file.ts";
import { type KeptCertificate, type KeptSecrets, keptValues } from "./stored-secrets.ts";

/** What the secrets of a run are found by. */
export interface OpenOptions {
  /** The paths given with `-i`. */
  readonly inventory: readonly string[];
  readonly cwd: string;
  readonly env: Environment;
  readonly topology: Topology;
  readonly roles: ReadonlyMap<string, AnyRole>;
  /** Values that stand encrypted in the inventory itself. */
  readonly unlocked: readonly string[];
  readonly now: Date;
}

/** The secrets of a run, and what the user should know. */
export interface OpenedSecrets {
  readonly secrets: Secrets;
  readonly warnings: readonly Diagnostic[];
  /** What was done, one line each. */
  readonly notices: readonly string[];
}

/** What is at hand while the file is brought up to date. */
interface Opening {
  readonly options: OpenOptions;
  readonly files: SecretsFiles;
  readonly declared: DeclaredSecrets;
  readonly identity: Identity | undefined;
}

/**
 * Decrypts the secrets that the topology's roles declare, once. What is missing or about to end is made and kept, also by
 * `plan` and `check`: they would else show values that no apply will ever use. No host is contacted. A file that cannot be
 * decrypted is left as it is.
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
  const now = look(opening);
  if (!now.ok) return now;
  return now.value.due.size === 0 ? ok(opened(opening, now.value, [])) : renew(opening);
}

interface Seen extends DueSecrets {
  readonly kept: KeptSecrets;
}

function look({ options, files, declared, identity }: Opening): Result<Seen, readonly Diagnostic[]> {
  const encrypted = readEncrypted(files);
  if (!encrypted.ok) return err([encrypted.error]);
  if (encrypted.value !== undefined && identity === undefined)
    return err([noKeyFor(files.file, options.env)]);
  const kept =
    encrypted.value === undefined || identity === undefined
      ? ok<KeptSecrets>(new Map())
      : openKept(encrypted.value, files, identity);
  if (!kept.ok) return err([kept.error]);
  const due = dueSecrets(declared, kept.value, options.now);
  return due.ok ? ok({ ...due.value, kept: kept.value }) : due;
}

/** Looks again with the lock in hand: another run may just have made the same secrets. */
async function renew(opening: Opening): Promise<Result<OpenedSecrets, readonly Diagnostic[]>> {
  const { options, files } = opening;
  const made = opening.identity === undefined ? await makeIdentity(options.env) : ok(opening.identity);
  if (!made.ok) return err([made.error]);
  const identity = made.value;
  const notices = opening.identity === undefined ? [madeIdentityNotice(identity)] : [];
  const recipients = recipientsOf(files, identity);
  if (!recipients.ok) return err([recipients.error]);
  const lock = await lockFile(resolve(options.cwd, `${files.file}.lock`));
  if (!lock.ok) return err([cannotWrite(files.file, lock.error)]);
  try {
    const again = { ...opening, identity };
    const seen = look(again);
    if (!seen.ok || seen.value.due.size === 0) return seen.ok ? ok(opened(again, seen.value, notices)) : seen;
    const { due } = seen.value;
    const kept = await generate(due.keys(), opening.declared, seen.value.kept, options.now);
    const written = await writeKept(kept, files, recipients.value.all, lock.value.held);
    if (!written.ok) return err([written.error]);
    const warnings = [...seen.value.warnings, ...recipients.value.warnings];
    return ok(opened(again, { due, kept, warnings }, [...notices, ...doneNotices(due, files)]));
  } finally {
    lock.value.release();
  }
}

function doneNotices(due: DueSecrets["due"], { file }: SecretsFiles): readonly string[] {
  const fresh = [...due].filter(([, why]) => why === undefined).map(([name]) => name);
  const renewed = [...due].flatMap(([name, why]) =>
    why === undefined ? [] : [`made the certificate ${name} anew: ${why}`],
  );
  const count = fresh.length === 1 ? "a secret" : `${fresh.length} secrets`;
  return [...(fresh.length === 0 ? [] : [`made ${count}, kept in ${file}: ${listed(fresh, 4)}`]), ...renewed];
}

function opened(
  { options, declared, identity }: Opening,
  seen: Seen,
  notices: readonly string[],
): OpenedSecrets {
  const secrets = secretsOf(declared, seen.kept, options.unlocked);
  return { secrets, warnings: [...(identity?.warnings ?? []), ...seen.warnings], notices };
}

function secretsOf(declared: DeclaredSecrets, kept: KeptSecrets, unlocked: readonly string[]): Secrets {
  const find = (name: string): string | KeptCertificate => {
    const value = declared.has(name) ? kept.get(name) : undefined;
    if (value === undefined) throw new Error(`no role declares a secret named ${name}`);
    return value;
  };
  return {
    password(name) {
      const value = find(name);
      if (typeof value !== "string") throw new Error(`the secret ${name} is a certificate, no password`);
      return value;
    },
    certificate(name) {
      const value = find(name);
      if (typeof value === "string") throw new Error(`the secret ${name} is a password, no certificate`);
      return { certificate: value.certificate, key: value.key };
    },
    values: [...new Set([...keptValues(kept), ...unlocked])],
  };
}
