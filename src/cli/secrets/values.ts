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

/** Exit codes: done · not done. */
const [done, failed] = [0, 1];

/** Spaces before each line of an encrypted value: it then fits behind a name at any usual depth. */
const INDENT = " ".repeat(10);

/** `secrets encrypt [NAME]`: a value from standard input becomes what is pasted into an inventory. */
export async function encryptCommand(name: string | undefined, options: SecretsOptions): Promise<number> {
  const value = await readValue();
  if (value === undefined || value === "") return refuse([diagnostic("error", "no value was given")]);
  const files = filesOf(options);
  const before = readIdentity(process.env);
  const sealed = await encryptValue(value, files, process.env);
  if (!sealed.ok) return notDone(sealed.error);
  if (before.ok && before.value === undefined) await tellOfKey();
  const head = name === undefined ? "" : `${name}: `;
  process.stdout.write(`${head}!secret |\n${sealed.value.replace(/^(?=.)/gm, INDENT)}`);
  return done;
}

/**
 * `secrets decrypt -i FILE`: the names of all secrets; with a name, its value. Without an inventory: one encrypted value
 * from standard input.
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
    return refuse([diagnostic("error", `${files.file} holds no secret named ${name}`)]);
  }
  process.stdout.write(printed(value));
  return done;
}

/** `secrets rekey -i FILE`: encrypts the file again, for all who are recipients now. */
export async function rekeyCommand(options: SecretsOptions): Promise<number> {
  if (options.inventory.length === 0) return withoutInventory("rekey");
  const files = filesOf(options);
  if ((await openExisting(files)) === undefined) return failed;
  const changed = await changeFile(files, process.env, (stored) => stored);
  if (!changed.ok) return notDone(changed.error);
  for (const warning of changed.value.warnings) process.stderr.write(`${formatDiagnostic(warning)}\n`);
  const count = changed.value.all.length;
  process.stderr.write(
    `provision: ${files.file} is encrypted for ${count} ${count === 1 ? "key" : "keys"} now; values behind !secret stay as they were\n`,
  );
  return done;
}

/** `secrets recipients [-i FILE]`: the user's own public key (made where there is none), and with an inventory all others. */
export async function recipientsCommand(options: SecretsOptions): Promise<number> {
  const before = readIdentity(process.env);
  const identity = await ownIdentity(process.env);
  if (!identity.ok) return notDone(identity.error);
  if (before.ok && before.value === undefined) tellMade(identity.value);
  const own = identity.value.keys[0].recipient;
  process.stdout.write(`${own} # you\n`);
  if (options.inventory.length === 0) return done;
  const all = recipientsOf(filesOf(options), identity.value);
  if (!all.ok) return notDone(all.error);
  for (const one of all.value.all.filter((recipient) => recipient !== own)) process.stdout.write(`${one}\n`);
  return done;
}

/** Where the secrets of the given inventory are; without one those of the current folder. */
export function filesOf({ inventory }: SecretsOptions): SecretsFiles {
  return secretsFiles(inventory, process.cwd());
}

/** Without an inventory there is nothing to be changed. */
export function withoutInventory(command: "edit" | "rekey"): number {
  return refuse([noInventory(`provision secrets ${command} -i prod.yml`)]);
}

/** Undefined: there is nothing to read, and that has been said. */
async function openExisting(files: SecretsFiles): Promise<StoredSecrets | undefined> {
  const opened = await openFile(files, process.env);
  if (!opened.ok) {
    notDone(opened.error);
    return undefined;
  }
  if (opened.value.exists) return opened.value.stored;
  tell(`there is no ${files.file} yet: it is made by the first run whose roles need secrets`, failed);
  return undefined;
}

async function decryptInput(): Promise<number> {
  const text = await readAll();
  const armored = text.slice(Math.max(text.indexOf("-----BEGIN"), 0));
  if (!isArmored(armored)) {
    const message = "standard input holds no encrypted value";
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

/** From a terminal one line, unseen; else all of standard input, without the newline at its end. */
async function readValue(): Promise<string | undefined> {
  if (process.stdin.isTTY !== true) return (await readAll()).replace(/\r?\n$/, "");
  return readPassword("value (not shown): ");
}

async function readAll(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

async function tellOfKey(): Promise<void> {
  const made = await ownIdentity(process.env);
  if (made.ok) tellMade(made.value);
}

function tellMade(identity: Identity): void {
  process.stderr.write(`provision: ${newKeyNotice(identity)}\n`);
}

/** Says it, and gives back the exit code. */
export function tell(message: string, code: number): number {
  process.stderr.write(`provision: ${message}\n`);
  return code;
}

/** Says what is wrong; the file is as it was. */
export function notDone(problem: Diagnostic): number {
  process.stderr.write(`${formatDiagnostic(problem)}\n`);
  return failed;
}
