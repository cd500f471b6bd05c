import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { replaceFile } from "../../base/replace-file.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { decryptText } from "../../secrets/decrypt.ts";
import { encryptText } from "../../secrets/encrypt.ts";
import type { SecretsPlace } from "../../secrets/file.ts";
import type { Identity } from "../../secrets/identity.ts";
import { reasonOf } from "../../secrets/problem.ts";

/** An edit that could not be saved, and what it began with. */
export interface Rejected {
  readonly before: string;
  readonly text: string;
}

/** A rejected edit, and the file it is kept in. */
export interface FoundRejected extends Rejected {
  readonly path: string;
}

/** Where it goes, encrypted: beside the secrets, else beside the user's key, where one can always write. */
function placesOf({ file, cwd }: SecretsPlace, { path }: Identity): readonly [string, string] {
  const beside = resolve(cwd, file.replace(/\.age$/, ".rejected.age"));
  const hash = createHash("sha256").update(beside).digest("hex").slice(0, 8);
  return [beside, join(dirname(resolve(cwd, path)), basename(beside).replace(/age$/, `${hash}.age`))];
}

/** The edit that is to be gone on with; undefined: none. The error says why it cannot be opened: it must not be lost. */
export function readRejected(
  place: SecretsPlace,
  identity: Identity,
): Result<FoundRejected | undefined, string> {
  const [beside, fallback] = placesOf(place, identity);
  // The second is written only where the first cannot be: where both are there, it is the newer one.
  for (const path of [fallback, beside]) {
    const found = readOne(path, identity);
    if (!found.ok || found.value !== undefined) return found;
  }
  return ok(undefined);
}

function readOne(path: string, identity: Identity): Result<FoundRejected | undefined, string> {
  const cannot = (why: string): Result<never, string> =>
    err(
      `${path} holds an edit that could not be saved, and ${why}: let whoever made it go on with it, or move the file away`,
    );
  let sealed: string;
  try {
    sealed = readFileSync(path, "utf8");
  } catch (error) {
    return reasonOf(error) === "ENOENT" ? ok(undefined) : cannot(`it cannot be read (${reasonOf(error)})`);
  }
  const text = decryptText(sealed, identity.keys);
  if (!text.ok)
    return cannot(
      text.error === "foreign" ? `it is not encrypted for the key in ${identity.path}` : "it is damaged",
    );
  const edit = parseRejected(text.value);
  return edit === undefined ? cannot("it is damaged") : ok({ ...edit, path });
}

function parseRejected(text: string): Rejected | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("before" in value) || !("text" in value))
      return undefined;
    return { before: String(value.before), text: String(value.text) };
  } catch {
    return undefined;
  }
}

/** Keeps an edit, for the user alone. Gives back what to say; an edit that can be written nowhere goes out, encrypted. */
export async function keepRejected(
  edit: Rejected,
  place: SecretsPlace,
  identity: Identity,
  print: (text: string) => void,
): Promise<string> {
  const sealed = await encryptText(JSON.stringify(edit), [identity.keys[0].recipient]);
  const [beside, fallback] = placesOf(place, identity);
  for (const path of [beside, fallback]) {
    if (!tryWrite(path, sealed)) continue;
    if (path === beside) discard(fallback);
    return `your edit is kept, encrypted, in ${path}: \`provision secrets edit\` goes on with it`;
  }
  print(sealed);
  return `your edit can be written neither to ${beside} nor to ${fallback}: it stands on standard output, encrypted; write it to the latter, and \`provision secrets edit\` goes on with it`;
}

/** Whole or not at all: what an earlier edit has left there stays until then. */
function tryWrite(path: string, text: string): boolean {
  try {
    return replaceFile(path, text, { mode: 0o600 });
  } catch {
    return false;
  }
}

/** Gives back why not, where it could not be removed. */
function discard(path: string): string | undefined {
  try {
    rmSync(path, { force: true });
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** Removes what is done with; gives back what could not be removed, and must be said. */
export function removeRejected(place: SecretsPlace, identity: Identity): readonly string[] {
  return placesOf(place, identity).flatMap((path) => {
    const why = discard(path);
    return why === undefined ? [] : [`${path} cannot be removed (${why}), and is out of date: remove it`];
  });
}
