import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { err, ok, type Result } from "../base/result.ts";
import type { Diagnostic } from "../model/source.ts";
import { encryptText } from "./encrypt.ts";
import { type Environment, type Identity, makeIdentity, readIdentity } from "./identity.ts";
import { lockFile } from "./lock.ts";
import {
  cannotWrite,
  decryptSecrets,
  noKeyFor,
  type Recipients,
  readEncrypted,
  recipientsOf,
  type SecretsFiles,
  writeSecrets,
} from "./secrets-file.ts";
import type { StoredSecrets } from "./stored-secrets.ts";

/** The user's key, and the secrets that it decrypts. */
export interface OpenedFile {
  readonly identity: Identity;
  readonly stored: StoredSecrets;
  /** False: the file does not exist yet. */
  readonly exists: boolean;
}

/** The user's key; creates it if there is none. */
export function ownIdentity(env: Environment): Promise<Result<Identity, Diagnostic>> {
  const identity = readIdentity(env);
  if (!identity.ok) return Promise.resolve(identity);
  return identity.value === undefined ? makeIdentity(env) : Promise.resolve(ok(identity.value));
}

/** Decrypts the secrets file of an inventory. Without a file, the result is empty; without a file and a key, it creates the key. */
export async function openFile(
  files: SecretsFiles,
  env: Environment,
): Promise<Result<OpenedFile, Diagnostic>> {
  const encrypted = readEncrypted(files);
  if (!encrypted.ok) return encrypted;
  const known = readIdentity(env);
  if (!known.ok) return known;
  if (encrypted.value !== undefined && known.value === undefined) return err(noKeyFor(files.file, env));
  const identity = await ownIdentity(env);
  if (!identity.ok) return identity;
  if (encrypted.value === undefined)
    return ok({ identity: identity.value, stored: new Map(), exists: false });
  const stored = decryptSecrets(encrypted.value, files, identity.value);
  return stored.ok ? ok({ identity: identity.value, stored: stored.value, exists: true }) : stored;
}

/** Changes the file's current content while it holds the lock, and encrypts the result for all current recipients. */
export async function changeFile(
  files: SecretsFiles,
  env: Environment,
  change: (stored: StoredSecrets) => StoredSecrets,
): Promise<Result<Recipients, Diagnostic>> {
  const lock = await lockFile(resolve(files.cwd, `${files.file}.lock`));
  if (!lock.ok) return err(cannotWrite(files.file, lock.error));
  try {
    const now = await openFile(files, env);
    if (!now.ok) return now;
    const recipients = recipientsOf(files, now.value.identity);
    if (!recipients.ok) return recipients;
    const { all } = recipients.value;
    const written = await writeSecrets(change(now.value.stored), files, all, lock.value.held);
    return written.ok ? recipients : written;
  } finally {
    lock.value.release();
  }
}

/** Applies an edit to the file's current content: a run may have created or renewed other secrets during the edit. */
export function withEdit(before: StoredSecrets, edited: StoredSecrets, now: StoredSecrets): StoredSecrets {
  const result = new Map(now);
  for (const name of new Set([...before.keys(), ...edited.keys()])) {
    const value = edited.get(name);
    if (isDeepStrictEqual(value, before.get(name))) continue;
    if (value === undefined) result.delete(name);
    else result.set(name, value);
  }
  return result;
}

/** Encrypts one value for all recipients of this inventory. */
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
