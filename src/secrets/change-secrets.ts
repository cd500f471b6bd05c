import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { err, ok, type Result } from "../base/result.ts";
import type { Diagnostic } from "../model/source.ts";
import { encryptText } from "./encrypt.ts";
import { type Environment, type Identity, makeIdentity, readIdentity } from "./identity.ts";
import { lockFile } from "./lock.ts";
import {
  cannotWrite,
  noKeyFor,
  openKept,
  type Recipients,
  readEncrypted,
  recipientsOf,
  type SecretsFiles,
  writeKept,
} from "./secrets-file.ts";
import type { KeptSecrets } from "./stored-secrets.ts";

/** The user's key, and what it opens. */
export interface OpenFile {
  readonly identity: Identity;
  readonly kept: KeptSecrets;
  /** False: there is no such file yet. */
  readonly exists: boolean;
}

/** The user's own key; made where there is none. */
export function ownIdentity(env: Environment): Promise<Result<Identity, Diagnostic>> {
  const identity = readIdentity(env);
  if (!identity.ok) return Promise.resolve(identity);
  return identity.value === undefined ? makeIdentity(env) : Promise.resolve(ok(identity.value));
}

/** Decrypts the file of an inventory. Where there is none it is empty, and a key is made if need be. */
export async function openFile(files: SecretsFiles, env: Environment): Promise<Result<OpenFile, Diagnostic>> {
  const encrypted = readEncrypted(files);
  if (!encrypted.ok) return encrypted;
  const known = readIdentity(env);
  if (!known.ok) return known;
  if (encrypted.value !== undefined && known.value === undefined) return err(noKeyFor(files.file, env));
  const identity = await ownIdentity(env);
  if (!identity.ok) return identity;
  if (encrypted.value === undefined) return ok({ identity: identity.value, kept: new Map(), exists: false });
  const kept = openKept(encrypted.value, files, identity.value);
  return kept.ok ? ok({ identity: identity.value, kept: kept.value, exists: true }) : kept;
}

/** Replaces what the file holds, as it is at that moment, and encrypts it for all of today's recipients. */
export async function changeFile(
  files: SecretsFiles,
  env: Environment,
  change: (kept: KeptSecrets) => KeptSecrets,
): Promise<Result<Recipients, Diagnostic>> {
  const lock = await lockFile(resolve(files.cwd, `${files.file}.lock`));
  if (!lock.ok) return err(cannotWrite(files.file, lock.error));
  try {
    const now = await openFile(files, env);
    if (!now.ok) return now;
    const recipients = recipientsOf(files, now.value.identity);
    if (!recipients.ok) return recipients;
    const { all } = recipients.value;
    const written = await writeKept(change(now.value.kept), files, all, lock.value.held);
    return written.ok ? recipients : written;
  } finally {
    lock.value.release();
  }
}

/** What an edit did, done to what the file holds by now: a run may have made or renewed others meanwhile. */
export function withEdit(before: KeptSecrets, edited: KeptSecrets, now: KeptSecrets): KeptSecrets {
  const result = new Map(now);
  for (const name of new Set([...before.keys(), ...edited.keys()])) {
    const value = edited.get(name);
    if (isDeepStrictEqual(value, before.get(name))) continue;
    if (value === undefined) result.delete(name);
    else result.set(name, value);
  }
  return result;
}

/** Encrypts one value for all who may read the secrets of this inventory. */
export async function encryptValue(
  text: string,
  files: SecretsFiles,
  env: Environment,
): Promise<Result<string, Diagnostic>> {
  const identity = await ownIdentity(env);
  if (!identity.ok) return identity;
  const recipients = recipientsOf(files, identity.value);
  return recipients.ok ? ok(await encryptText(text, recipients.value.all)) : recipients;
}
