import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { replaceFile } from "../base/replace-file.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Diagnostic } from "../model/source.ts";
import { decryptText, isRecipient } from "./decrypt.ts";
import { encryptText } from "./encrypt.ts";
import { type Environment, type Identity, identityPath } from "./identity.ts";
import { problem, reasonOf } from "./problem.ts";
import { formatSecrets, parseSecrets, type StoredSecrets } from "./stored-secrets.ts";

/** Where the secrets of an inventory are stored, and who may read them. Paths are relative to `cwd`, or absolute. */
export interface SecretsFiles {
  readonly file: string;
  readonly recipients: string;
  readonly cwd: string;
  /** The secrets files of the other given inventories. */
  readonly others: readonly OtherFile[];
}

/** An inventory that is not the first one, and its secrets file. */
interface OtherFile {
  readonly inventory: string;
  readonly file: string;
}

/** The files beside the first inventory: `lab.secrets.age` for `lab.yml`, `secrets.age` in the folder for a folder. */
export function secretsFiles(inventory: readonly string[], cwd: string): SecretsFiles {
  const [first = ".", ...more] = inventory;
  const file = fileOf(first, cwd);
  const others = more.map((one) => ({ inventory: one, file: fileOf(one, cwd) }));
  return { file, recipients: join(dirname(file), "secrets.recipients"), cwd, others };
}

function fileOf(inventory: string, cwd: string): string {
  const stats = statSync(resolve(cwd, inventory), { throwIfNoEntry: false });
  // A list of hosts (`-i web1,web2,`) is not a file. Its variables and secrets come from the current folder.
  const folder = stats === undefined ? "." : stats.isDirectory() ? inventory : undefined;
  if (folder !== undefined) return join(folder, "secrets.age");
  return join(dirname(inventory), `${basename(inventory, extname(inventory))}.secrets.age`);
}

/**
 * The encrypted text; `undefined`: there is no such file yet. It is an error if another inventory has one, because a run
 * would create a second set of secrets for the same hosts.
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
      `there is no ${file}, but ${other.file} holds secrets of these inventories. The first inventory decides where secrets are`,
      `put -i ${other.inventory} first. If those secrets are for other hosts, run once with the first inventory alone: this creates ${file}`,
    ),
  );
}

/** The secrets in an encrypted file. */
export function decryptSecrets(
  encrypted: string,
  { file }: SecretsFiles,
  identity: Identity,
): Result<StoredSecrets, Diagnostic> {
  const text = decryptText(encrypted, identity.keys);
  if (!text.ok) {
    return err(
      text.error === "wrong-key"
        ? wrongKey(file, identity)
        : problem(`${file} is damaged`, "restore it from a copy"),
    );
  }
  const stored = parseSecrets(text.value);
  return stored.ok
    ? stored
    : err(problem(`${file} was decrypted, but ${stored.error}`, "restore it from a copy"));
}

function wrongKey(file: string, { path, keys }: Identity): Diagnostic {
  return problem(
    `${file} is not encrypted for the key in ${path} (${keys[0].recipient})`,
    `somebody who can read the file must add that public key to secrets.recipients and run \`provision secrets rekey\`. Or name the right key file in PROVISION_AGE_KEY_FILE`,
  );
}

/** There are secrets, but no key. A new key could not decrypt them. */
export function noKeyFor(what: string, env: Environment): Diagnostic {
  return problem(
    `${what} is encrypted, but there is no key in ${identityPath(env)}`,
    "copy the key from the machine where it was created, or name its file in PROVISION_AGE_KEY_FILE. Or create your own key with `provision secrets recipients`, and ask a colleague to add it",
  );
}

/** The public keys that a secrets file is encrypted for. */
export interface Recipients {
  /** The user's own key, and those in `secrets.recipients`. */
  readonly all: readonly string[];
  /** A warning if `secrets.recipients` does not name the user's own key. */
  readonly warnings: readonly Diagnostic[];
}

/** Reads `secrets.recipients`; the error names the line that is not a key. */
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
    const message = "this is not an X25519 public key of age";
    return err({
      ...problem(message, "write one key `age1…` on each line, with an optional comment after #"),
      source,
    });
  }
  const unlisted = problem(
    `${recipients} does not name your own key. You cannot read secrets that a colleague writes`,
    `add the line ${own}`,
    "warning",
  );
  const listed = lines.filter((line) => line !== "");
  return ok({ all: [...new Set([own, ...listed])], warnings: listed.includes(own) ? [] : [unlisted] });
}

/** Encrypts the secrets and replaces the file atomically. Writes nothing if `held` returns false: the lock is lost. */
export async function writeSecrets(
  stored: StoredSecrets,
  { file, cwd }: SecretsFiles,
  recipients: readonly string[],
  held: () => boolean,
): Promise<Result<void, Diagnostic>> {
  const text = await encryptText(formatSecrets(stored), recipients);
  const path = resolve(cwd, file);
  try {
    const written = replaceFile(path, text, { mayReplace: held });
    return written ? ok(undefined) : err(cannotWrite(file, "another run has taken the lock"));
  } catch (error) {
    return err(cannotWrite(file, reasonOf(error)));
  }
}

/** The error for a secrets file that cannot be written. */
export function cannotWrite(file: string, why: string): Diagnostic {
  return problem(
    `${file} cannot be written: ${why}`,
    "run on a machine where you can write to the inventory's folder, and keep the file with the inventory",
  );
}
