import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { replaceFile } from "../../base/replace-file.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { decryptText } from "../../secrets/decrypt.ts";
import { encryptText } from "../../secrets/encrypt.ts";
import type { Identity } from "../../secrets/identity.ts";
import { reasonOf } from "../../secrets/problem.ts";
import type { SecretsFiles } from "../../secrets/secrets-file.ts";

/** An edit that was not saved, and the text before it. */
export interface Rejected {
  readonly before: string;
  readonly text: string;
}

/** The encrypted file of the edit, beside the user's key, where the user can write. */
export function rejectedPath({ file, cwd }: SecretsFiles, { path }: Identity): string {
  const secrets = resolve(cwd, file);
  const hash = createHash("sha256").update(secrets).digest("hex").slice(0, 8);
  return join(dirname(resolve(cwd, path)), basename(secrets).replace(/age$/, `rejected.${hash}.age`));
}

/** The earlier edit; undefined: none. The error says why it cannot be decrypted: the edit must not be lost. */
export function readRejected(path: string, identity: Identity): Result<Rejected | undefined, string> {
  if (!existsSync(path)) return ok(undefined);
  try {
    const text = decryptText(readFileSync(path, "utf8"), identity.keys);
    const edit: unknown = text.ok ? JSON.parse(text.value) : undefined;
    if (typeof edit === "object" && edit !== null && "before" in edit && "text" in edit)
      return ok({ before: String(edit.before), text: String(edit.text) });
  } catch {} // reported below; the error's own message may contain a secret
  return err(
    `${path} has an edit that was not saved, and the key in ${identity.path} cannot decrypt it. Let its author finish it, or move the file away`,
  );
}

/** Saves an edit for the user alone; returns a message. If that fails, writes it to standard output, encrypted. */
export async function keepRejected(edit: Rejected, path: string, identity: Identity): Promise<string> {
  const encrypted = await encryptText(JSON.stringify(edit), [identity.keys[0].recipient]);
  const next = "`provision secrets edit` continues with it";
  try {
    replaceFile(path, encrypted, { mode: 0o600 });
    return `your edit is saved, encrypted, in ${path}: ${next}`;
  } catch (error) {
    process.stdout.write(encrypted);
    return `your edit is on standard output, encrypted, because ${path} cannot be written (${reasonOf(error)}): write it there, and ${next}`;
  }
}

/** Removes an edit that is no longer needed; returns a message if that fails. */
export function removeRejected(path: string): string | undefined {
  try {
    rmSync(path, { force: true });
    return undefined;
  } catch (error) {
    return `cannot remove ${path} (${reasonOf(error)}). It is out of date: remove it`;
  }
}
