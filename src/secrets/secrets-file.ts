import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { replaceFile } from "../base/replace-file.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Diagnostic } from "../model/source.ts";
import { decryptText, isRecipient } from "./decrypt.ts";
import { encryptText } from "./encrypt.ts";
import { type Environment, type Identity, identityPath } from "./identity.ts";
import { problem, reasonOf } from "./problem.ts";
import { type KeptSecrets, parseKept, printKept } from "./stored-secrets.ts";

/** Where the secrets of an inventory are kept, and who may read them. Paths as messages name them. */
export interface SecretsFiles {
  readonly file: string;
  readonly recipients: string;
  readonly cwd: string;
  /** Where they would be if another of the given inventories stood first. */
  readonly others: readonly OtherFile[];
}

/** An inventory that does not stand first, and its file. */
interface OtherFile {
  readonly inventory: string;
  readonly file: string;
}

/** Beside the first inventory: `lab.yml` has `lab.secrets.age`; a folder holds its own `secrets.age`. */
export function secretsFiles(inventory: readonly string[], cwd: string): SecretsFiles {
  const [first = ".", ...more] = inventory;
  const file = fileOf(first, cwd);
  const others = more.map((one) => ({ inventory: one, file: fileOf(one, cwd) }));
  return { file, recipients: join(dirname(file), "secrets.recipients"), cwd, others };
}

function fileOf(inventory: string, cwd: string): string {
  const stats = statSync(resolve(cwd, inventory), { throwIfNoEntry: false });
  // A list of hosts (`-i web1,web2,`) has no file: its variables come from the current folder, and so do its secrets.
  const folder = stats === undefined ? "." : stats.isDirectory() ? inventory : undefined;
  if (folder !== undefined) return join(folder, "secrets.age");
  return join(dirname(inventory), `${basename(inventory, extname(inventory))}.secrets.age`);
}

/**
 * The encrypted text; `undefined`: there is no such file yet. An error where another of the inventories has one: a second set
 * of secrets for the same hosts would be made without a word.
 */
export function readEncrypted(files: SecretsFiles): Result<string | undefined, Diagnostic> {
  const { file, cwd, others } = files;
  try {
    return ok(readFileSync(resolve(cwd, file), "utf8"));
  } catch (error) {
    if (reasonOf(error) !== "ENOENT") return err(problem(`${file} cannot be read: ${reasonOf(error)}`));
  }
  const other = others.find((one) => existsSync(resolve(cwd, one.file)));
  if (other === undefined) return ok(undefined);
  return err(
    problem(
      `there is no ${file}, but ${other.file} holds secrets of these inventories: the first one given decides`,
      `put -i ${other.inventory} first; if those are another stack's, let a run with the first inventory alone make ${file}`,
    ),
  );
}

/** What the encrypted text holds. */
export function openKept(
  encrypted: string,
  { file }: SecretsFiles,
  identity: Identity,
): Result<KeptSecrets, Diagnostic> {
  const text = decryptText(encrypted, identity.keys);
  if (!text.ok) {
    return err(
      text.error === "foreign"
        ? foreign(file, identity)
        : problem(`${file} is damaged`, "restore it from a copy"),
    );
  }
  const kept = parseKept(text.value);
  return kept.ok ? kept : err(problem(`${file} was decrypted, but ${kept.error}`, "restore it from a copy"));
}

function foreign(file: string, { path, keys }: Identity): Diagnostic {
  return problem(
    `${file} is not encrypted for the key in ${path} (${keys[0].recipient})`,
    `let somebody who can read it add that public key to secrets.recipients and run \`provision secrets rekey\`, or name the right key file in PROVISION_AGE_KEY_FILE`,
  );
}

/** There are secrets, but no key to read them with: one that is made now could not read them either. */
export function noKeyFor(what: string, env: Environment): Diagnostic {
  return problem(
    `${what} is encrypted, and there is no key in ${identityPath(env)}`,
    "copy the key from the machine where it was made (PROVISION_AGE_KEY_FILE names another place), or let a colleague add yours: `provision secrets recipients` makes one and shows it",
  );
}

/** Whom something is encrypted for. */
export interface Recipients {
  /** Public keys: the user's own, and those in `secrets.recipients`. */
  readonly all: readonly string[];
  /** The user's own key is not in the file: what a colleague writes will be closed to the user. */
  readonly warnings: readonly Diagnostic[];
}

/** Reads `secrets.recipients`; a line that is no key is told with its place. */
export function recipientsOf(
  { recipients, cwd }: SecretsFiles,
  identity: Identity,
): Result<Recipients, Diagnostic> {
  const [{ recipient: own }] = identity.keys;
  let text: string;
  try {
    text = readFileSync(resolve(cwd, recipients), "utf8");
  } catch (error) {
    if (reasonOf(error) === "ENOENT") return ok({ all: [own], warnings: [] });
    return err(problem(`${recipients} cannot be read: ${reasonOf(error)}`));
  }
  const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim());
  const wrong = lines.findIndex((line) => line !== "" && !isRecipient(line));
  if (wrong !== -1) {
    const source = { file: recipients, line: wrong + 1, col: 1 };
    const message = "this is no public key of age that is known here";
    return err({ ...problem(message, "a line is `age1…`, and may have a comment behind #"), source });
  }
  const unlisted = problem(
    `${recipients} does not name your own key: what a colleague writes will be closed to you`,
    `add the line ${own}`,
    "warning",
  );
  const listed = lines.filter((line) => line !== "");
  return ok({ all: [...new Set([own, ...listed])], warnings: listed.includes(own) ? [] : [unlisted] });
}

/** Encrypts and replaces the file, whole or not at all. `held`: false where the lock is lost by then, and nothing may be written. */
export async function writeKept(
  kept: KeptSecrets,
  { file, cwd }: SecretsFiles,
  recipients: readonly string[],
  held: () => boolean,
): Promise<Result<void, Diagnostic>> {
  const text = await encryptText(printKept(kept), recipients);
  const path = resolve(cwd, file);
  try {
    const written = replaceFile(path, text, { mayReplace: held });
    return written ? ok(undefined) : err(cannotWrite(file, "another run has taken the lock away"));
  } catch (error) {
    return err(cannotWrite(file, reasonOf(error)));
  }
}

/** New secrets have nowhere to go. */
export function cannotWrite(file: string, why: string): Diagnostic {
  return problem(
    `${file} cannot be written: ${why}`,
    "run where the inventory's folder can be written to, and keep the file with the inventory",
  );
}
