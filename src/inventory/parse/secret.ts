import type { Result } from "../../base/result.ts";
import type { Origin, Source } from "../../model/source.ts";
import { type Node, scalar } from "./node.ts";

/** Decrypts a value that stands behind `!secret`; the error says why it cannot, without quoting it. */
export type Unlock = (armored: string) => Result<string, { readonly message: string; readonly hint: string }>;

/** Used where no key is at hand. */
export const locked: Unlock = () => ({
  ok: false,
  error: { message: "this value is encrypted", hint: "there is no key to read it with here" },
});

/** What stands for a secret wherever values are shown. */
export const HIDDEN = "[secret]";

/** A value behind `!secret`, still encrypted: it is decrypted where it is used. */
export function encryptedValue(armored: string, source: Source): Node {
  return { ...scalar(armored, source), dynamic: true, encrypted: true };
}

/** What became of it. */
export function decryptedValue(text: string, source: Source): Node {
  return { ...scalar(text, source), dynamic: false, secret: true };
}

/** True where a value was decrypted, or is made of one that was. */
export function isSecretValue(origin: Origin | undefined): boolean {
  return origin !== undefined && "secret" in origin && origin.secret === true;
}
