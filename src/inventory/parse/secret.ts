import type { Result } from "../../base/result.ts";
import type { Origin, Source } from "../../model/source.ts";
import { type Node, scalar } from "./node.ts";

/** Decrypts a value with `!secret`. The error says why that fails, without the value. */
export type Unlock = (armored: string) => Result<string, { readonly message: string; readonly hint: string }>;

/** An `Unlock` without a key. */
export const locked: Unlock = () => ({
  ok: false,
  error: { message: "this value is encrypted", hint: "there is no key to decrypt it" },
});

/** Shown in place of a secret. */
export const HIDDEN = "[secret]";

/** A value with `!secret`, still encrypted; it is decrypted at its use. */
export function encryptedValue(armored: string, source: Source): Node {
  return { ...scalar(armored, source), dynamic: true, encrypted: true };
}

/** The decrypted value. */
export function decryptedValue(text: string, source: Source): Node {
  return { ...scalar(text, source), dynamic: false, secret: true };
}

/** Whether a value was decrypted, or contains one that was. */
export function isSecretValue(origin: Origin | undefined): boolean {
  return origin !== undefined && "secret" in origin && origin.secret === true;
}
