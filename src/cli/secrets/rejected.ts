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

/** An edit that could not be saved, and what it began with. */
export interface Rejected {
  readonly before: string;
  readonly text: string;
}

/** The file it is kept in, encrypted: beside the user's key, where the user can write. */
export function rejectedPath({ file, cwd }: SecretsFiles, { path }: Identity): string {
  const secrets = resolve(cwd, file);
  const hash = createHash("sha256").update(secrets).digest("hex").slice(0, 8);
  return join(dirname(resolve(cwd, path)), basename(secrets).replace(/age$/, `rejected.${hash}.age`));
}

/** The edit to go on with; undefined: none. The error says why it cannot be opened: it must not be lost. */
export function readRejected(path: string, identity: Identity): Result<Rejected | undefined, string> {
  if (!existsSync(path)) return ok(undefined);
  try {
    const text = decryptText(readFileSync(path, "utf8"), identity.keys);
    const edit: unknown = text.ok ? JSON.parse(text.value) : undefined;
    if (typeof edit === "object" && edit !== null && "before" in edit && "text" in edit)
      return ok({ before: String(edit.before), text: String(edit.text) });
  } catch {} // told below; the error's own words may hold a secret
  return err(
    `${path} holds an edit that could not be saved, and the key in ${identity.path} does not open it: let whoever made it go on with it, or move the file away`,
  );
}

/** Keeps an edit, for the user alone. Gives back what to say; one that cannot be written goes to standard output, encrypted. */
export async function keepRejected(edit: Rejected, path: string, identity: Identity): Promise<string> {
  const sealed = await encryptText(JSON.stringify(edit), [identity.keys[0].recipient]);
  const next = "`provision secrets edit` goes on with it";
  try {
    replaceFile(path, sealed, { mode: 0o600 });
    return `your edit is kept, encrypted, in ${path}: ${next}`;
  } catch (error) {
    process.stdout.write(sealed);
    return `your edit is on standard output, encrypted, because ${path} cannot be written (${reasonOf(error)}): write it there, and ${next}`;
  }
}

/** Removes what is done with; gives back what to say where it cannot be removed. */
export function removeRejected(path: string): string | undefined {
  try {
    rmSync(path, { force: true });
    return undefined;
  } catch (error) {
    return `${path} cannot be removed (${reasonOf(error)}), and is out of date: remove it`;
  }
}
