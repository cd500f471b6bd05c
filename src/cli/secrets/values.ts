import { diagnostic } from "../../base/diagnostic.ts";
import type { Diagnostic } from "../../model/source.ts";
import { formatDiagnostic } from "../../report/diagnostic.ts";
import { changeFile, encryptValue, openFile, ownIdentity } from "../../secrets/change-secrets.ts";
import { isArmored } from "../../secrets/decrypt.ts";
import { newValueDecrypter } from "../../secrets/decrypt-values.ts";
import { type Identity, newKeyNotice, readIdentity } from "../../secrets/identity.ts";
import { recipientsOf, type SecretsFiles, secretsFiles } from "../../secrets/secrets-file.ts";
import { type StoredCertificate, type StoredSecrets, summaryOf } from "../../secrets/stored-secrets.ts";
import { noInventory } from "../no-inventory.ts";
import { readPassword } from "../password.ts";
import { refuse } from "../refusal.ts";

/** Options of all `provision secrets` commands. */
export interface SecretsOptions {
  readonly inventory: readonly string[];
}

/** Exit codes. */
const [done, failed] = [0, 1];

/** Indent of an encrypted value, enough for a variable at any usual depth. */
const INDENT = " ".repeat(10);

/** `secrets encrypt [NAME]`: turns a value from standard input into text for an inventory. */
export async function encryptCommand(name: string | undefined, options: SecretsOptions): Promise<number> {
  const value = await readValue();
  if (value === undefined || value === "") return refuse([diagnostic("error", "no value was given")]);
  const files = filesOf(options);
  const before = readIdentity(process.env);
  const encrypted = await encryptValue(value, files, process.env);
  if (!encrypted.ok) return notDone(encrypted.error);
  if (before.ok && before.value === undefined) await reportOwnKey();
  const head = name === undefined ? "" : `${name}: `;
  process.stdout.write(`${head}!secret |\n${encrypted.value.replace(/^(?=.)/gm, INDENT)}`);
  return done;
}

/**
 * `secrets decrypt -i FILE`: the names of all secrets; with a name, its value. Without an inventory: decrypts a value from
 * standard input.
 */
export async function decryptCommand(name: string | undefined, options: SecretsOptions): Promise<number> {
  if (options.inventory.length === 0) return decryptInput();
  const files = filesOf(options);
  const open = await openExisting(files);
  if (open === undefined) return failed;
  if (name === undefined) {
    for (const one of summaryOf(open)) process.stdout.write(`${one}\n`);
    return done;
  }
  const value = open.get(name);
  if (value === undefined) {
    return refuse([diagnostic("error", `${files.file} has no secret named ${name}`)]);
  }
  process.stdout.write(printed(value));
  return done;
}

/** `secrets rekey -i FILE`: encrypts the file again for the current recipients. */
export async function rekeyCommand(options: SecretsOptions): Promise<number> {
  if (options.inventory.length === 0) return withoutInventory("rekey");
  const files = filesOf(options);
  if ((await openExisting(files)) === undefined) return failed;
  const changed = await changeFile(files, process.env, (stored) => stored);
  if (!changed.ok) return notDone(changed.error);
  for (const warning of changed.value.warnings) process.stderr.write(`${formatDiagnostic(warning)}\n`);
  const count = changed.value.all.length;
  process.stderr.write(
    `provision: ${files.file} is encrypted for ${count} ${count === 1 ? "key" : "keys"} now; values with !secret in inventories did not change\n`,
  );
  return done;
}

/** `secrets recipients [-i FILE]`: the user's public key, created if missing; with an inventory also all others. */
export async function recipientsCommand(options: SecretsOptions): Promise<number> {
  const before = readIdentity(process.env);
  const identity = await ownIdentity(process.env);
  if (!identity.ok) return notDone(identity.error);
  if (before.ok && before.value === undefined) reportNewKey(identity.value);
  const own = identity.value.keys[0].recipient;
  process.stdout.write(`${own} # you\n`);
  if (options.inventory.length === 0) return done;
  const all = recipientsOf(filesOf(options), identity.value);
  if (!all.ok) return notDone(all.error);
  for (const one of all.value.all.filter((recipient) => recipient !== own)) process.stdout.write(`${one}\n`);
  return done;
}

/** The secret files of the inventory; without one, those of the current folder. */
export function filesOf({ inventory }: SecretsOptions): SecretsFiles {
  return secretsFiles(inventory, process.cwd());
}

/** The error for a missing inventory. */
export function withoutInventory(command: "edit" | "rekey"): number {
  return refuse([noInventory(`provision secrets ${command} -i prod.yml`)]);
}

/** Undefined: there are no secrets; the problem has been reported. */
async function openExisting(files: SecretsFiles): Promise<StoredSecrets | undefined> {
  const opened = await openFile(files, process.env);
  if (!opened.ok) {
    notDone(opened.error);
    return undefined;
  }
  if (opened.value.exists) return opened.value.stored;
  writeMessage(`there is no ${files.file} yet: the first run whose roles need secrets creates it`, failed);
  return undefined;
}

async function decryptInput(): Promise<number> {
  const text = await readAll();
  const armored = text.slice(Math.max(text.indexOf("-----BEGIN"), 0));
  if (!isArmored(armored)) {
    const message = "standard input contains no encrypted value";
    return refuse([diagnostic("error", message, undefined, "or name an inventory: -i FILE")]);
  }
  const { unlock } = newValueDecrypter(process.env);
  const value = unlock(armored);
  if (!value.ok) return notDone({ severity: "error", ...value.error });
  process.stdout.write(value.value);
  if (process.stdout.isTTY === true) process.stdout.write("\n");
  return done;
}

function printed(value: string | StoredCertificate): string {
  return typeof value === "string" ? `${value}\n` : `${value.certificate}${value.key}`;
}

/** One hidden line from a terminal; else all of standard input, without the last newline. */
async function readValue(): Promise<string | undefined> {
  if (process.stdin.isTTY !== true) return (await readAll()).replace(/\r?\n$/, "");
  return readPassword("value (not shown): ");
}

async function readAll(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

async function reportOwnKey(): Promise<void> {
  const made = await ownIdentity(process.env);
  if (made.ok) reportNewKey(made.value);
}

function reportNewKey(identity: Identity): void {
  process.stderr.write(`provision: ${newKeyNotice(identity)}\n`);
}

/** Writes a message and returns the exit code. */
export function writeMessage(message: string, code: number): number {
  process.stderr.write(`provision: ${message}\n`);
  return code;
}

/** Reports an error; the file has not changed. */
export function notDone(problem: Diagnostic): number {
  process.stderr.write(`${formatDiagnostic(problem)}\n`);
  return failed;
}
