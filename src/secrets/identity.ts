import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { err, ok, type Result } from "../base/result.ts";
import type { Diagnostic } from "../model/source.ts";
import { type AgeKey, parseAgeKey } from "./decrypt.ts";
import { newAgeKey } from "./encrypt.ts";
import { problem, reasonOf } from "./problem.ts";

/** The user's own age keys. */
export interface Identity {
  readonly path: string;
  /** The first one is the user's public key for others. */
  readonly keys: readonly [AgeKey, ...AgeKey[]];
  /** A warning if other users can read the file. */
  readonly warnings: readonly Diagnostic[];
}

/** The environment variables that say where the key is. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The path of the user's key: `$PROVISION_AGE_KEY_FILE`, else `provision/age.key` in the user's config folder. */
export function identityPath(env: Environment): string {
  if (env.PROVISION_AGE_KEY_FILE) return env.PROVISION_AGE_KEY_FILE;
  return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config"), "provision", "age.key");
}

/** Reads the user's keys; `undefined`: there is no key file yet. */
export function readIdentity(env: Environment): Result<Identity | undefined, Diagnostic> {
  const path = identityPath(env);
  let text: string;
  let mode: number;
  try {
    text = readFileSync(path, "utf8");
    mode = statSync(path).mode;
  } catch (error) {
    if (reasonOf(error) === "ENOENT") return ok(undefined);
    return err(problem(`the key in ${path} cannot be read: ${reasonOf(error)}`, keyFileHint));
  }
  const lines = text.split("\n").map((line) => line.trim());
  const [first, ...more] = lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => parseAgeKey(line));
  if (first === undefined || more.includes(undefined)) {
    return err(
      problem(
        `${path} is not a file of X25519 age keys`,
        `a key is a line AGE-SECRET-KEY-1…; ${keyFileHint}`,
      ),
    );
  }
  const keys: Identity["keys"] = [first, ...more.filter((key) => key !== undefined)];
  const open = (mode & 0o077) !== 0;
  const warning = problem(`other users can read the key in ${path}`, `chmod 600 ${path}`, "warning");
  return ok({ path, keys, warnings: open ? [warning] : [] });
}

const keyFileHint = "name another file in PROVISION_AGE_KEY_FILE";

/** Creates the user's key; only its owner can read it. Two runs at the same time get the same key. */
export async function makeIdentity(env: Environment): Promise<Result<Identity, Diagnostic>> {
  const path = identityPath(env);
  const secret = await newAgeKey();
  const key = parseAgeKey(secret);
  if (key === undefined) throw new Error("a new key cannot be parsed");
  const text = `# created: ${new Date().toISOString()}\n# public key: ${key.recipient}\n${secret}\n`;
  const staged = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeWhole(staged, text);
    linkSync(staged, path);
  } catch (error) {
    if (reasonOf(error) !== "EEXIST")
      return err(problem(`could not create the key ${path}: ${reasonOf(error)}`, keyFileHint));
  } finally {
    rmSync(staged, { force: true });
  }
  const created = readIdentity(env);
  if (!created.ok) return created;
  return created.value === undefined
    ? err(problem(`the key ${path} was removed while it was created`))
    : ok(created.value);
}

function writeWhole(path: string, text: string): void {
  const file = openSync(path, "wx", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The notice for the run that creates the key. */
export function newKeyNotice({ path }: Identity): string {
  return `created a key for your secrets: ${path}. Keep a copy in a safe place: if you lose the key, you lose the secrets`;
}
