import { err, ok, type Result } from "../base/result.ts";
import type { Diagnostic } from "../model/source.ts";
import { decryptText, isArmored } from "./decrypt.ts";
import { type Environment, type Identity, identityPath, readIdentity } from "./identity.ts";

/** Decrypts the encrypted values of an inventory, and collects the plain texts, which must never be shown. */
export interface ValueDecrypter {
  /** The plain text of one armored value. Reads the user's key for the first value. */
  unlock(armored: string): Result<string, Undecrypted>;
  /** The plain texts of all values that were decrypted so far. */
  values(): readonly string[];
  /** Warnings about the user's key. */
  warnings(): readonly Diagnostic[];
}

/** Why a value cannot be decrypted, and what to do. Quotes nothing of the value. */
interface Undecrypted {
  readonly message: string;
  readonly hint: string;
}

/** A decrypter for the user's key. */
export function newValueDecrypter(env: Environment): ValueDecrypter {
  let identity: Result<Identity | undefined, Diagnostic> | undefined;
  const cache = new Map<string, Result<string, Undecrypted>>();
  return {
    unlock(armored) {
      identity ??= readIdentity(env);
      const value = cache.get(armored) ?? decrypt(armored, identity, env);
      cache.set(armored, value);
      return value;
    },
    values: () => [...cache.values()].flatMap((value) => (value.ok ? [value.value] : [])),
    warnings: () => (identity?.ok ? (identity.value?.warnings ?? []) : []),
  };
}

function decrypt(
  armored: string,
  identity: Result<Identity | undefined, Diagnostic>,
  env: Environment,
): Result<string, Undecrypted> {
  if (!isArmored(armored)) {
    const hint = "`provision secrets encrypt` prints a value with `!secret |` for the inventory";
    return err({
      message: "this is not encrypted. After `!secret`, an age file in text form is needed",
      hint,
    });
  }
  if (!identity.ok) return err({ message: identity.error.message, hint: identity.error.hint ?? "" });
  if (identity.value === undefined) {
    const message = `this value is encrypted, but there is no key in ${identityPath(env)}`;
    return err({
      message,
      hint: "copy the key to this path, or name another file in PROVISION_AGE_KEY_FILE",
    });
  }
  const decrypted = decryptText(armored, identity.value.keys);
  if (decrypted.ok) return ok(decrypted.value);
  if (decrypted.error === "damaged") {
    return err({
      message: "this encrypted value is damaged",
      hint: "encrypt it again: provision secrets encrypt",
    });
  }
  const { path, keys } = identity.value;
  const message = `this value is not encrypted for the key in ${path} (${keys[0].recipient})`;
  return err({
    message,
    hint: "somebody who has the value must add your key to secrets.recipients and encrypt it again",
  });
}
