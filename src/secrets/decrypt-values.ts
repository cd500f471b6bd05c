import { err, ok, type Result } from "../base/result.ts";
import type { Diagnostic } from "../model/source.ts";
import { decryptText, isArmored } from "./decrypt.ts";
import { type Environment, type Identity, identityPath, readIdentity } from "./identity.ts";

/** Decrypts values that stand in an inventory; remembers them, as they must never be shown. */
export interface Unlocking {
  /** The plain text of one value (armored), or why it cannot be had. The key is read when the first value needs it. */
  unlock(armored: string): Result<string, Locked>;
  /** All plain texts so far. */
  values(): readonly string[];
  /** Worth a warning about the key. */
  warnings(): readonly Diagnostic[];
}

/** Why a value cannot be decrypted, and what to do. Quotes nothing of it. */
interface Locked {
  readonly message: string;
  readonly hint: string;
}

/** Nothing is read before it is needed. */
export function newUnlocking(env: Environment): Unlocking {
  let identity: Result<Identity | undefined, Diagnostic> | undefined;
  const known = new Map<string, Result<string, Locked>>();
  return {
    unlock(armored) {
      identity ??= readIdentity(env);
      const value = known.get(armored) ?? open(armored, identity, env);
      known.set(armored, value);
      return value;
    },
    values: () => [...known.values()].flatMap((value) => (value.ok ? [value.value] : [])),
    warnings: () => (identity?.ok ? (identity.value?.warnings ?? []) : []),
  };
}

function open(
  armored: string,
  identity: Result<Identity | undefined, Diagnostic>,
  env: Environment,
): Result<string, Locked> {
  if (!isArmored(armored)) {
    const hint = "`provision secrets encrypt` prints the value as it goes there, behind `!secret |`";
    return err({ message: "this is not encrypted: behind `!secret` stands an age file in text form", hint });
  }
  if (!identity.ok) return err({ message: identity.error.message, hint: identity.error.hint ?? "" });
  if (identity.value === undefined) {
    const message = `this value is encrypted, and there is no key in ${identityPath(env)}`;
    return err({ message, hint: "copy the key there, or name another file in PROVISION_AGE_KEY_FILE" });
  }
  const plain = decryptText(armored, identity.value.keys);
  if (plain.ok) return ok(plain.value);
  if (plain.error === "damaged") {
    return err({
      message: "this encrypted value is damaged",
      hint: "encrypt it again: provision secrets encrypt",
    });
  }
  const { path, keys } = identity.value;
  const message = `this value is not encrypted for the key in ${path} (${keys[0].recipient})`;
  return err({ message, hint: "let somebody who has the value encrypt it for you too (secrets.recipients)" });
}
