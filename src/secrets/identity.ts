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

/** The user's own secret keys of age. */
export interface Identity {
  readonly path: string;
  /** At least one; the first is the one that is given to others. */
  readonly keys: readonly [AgeKey, ...AgeKey[]];
  /** Worth a warning: others can read the file. */
  readonly warnings: readonly Diagnostic[];
}

/** The variables of the environment that say where the key is. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the user's key is: `$PROVISION_AGE_KEY_FILE`, else `provision/age.key` in the user's folder for settings. */
export function identityPath(env: Environment): string {
  if (env.PROVISION_AGE_KEY_FILE) return env.PROVISION_AGE_KEY_FILE;
  return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config"), "provision", "age.key");
}

/** Reads the user's key; `undefined`: there is none yet. */
export function readIdentity(env: Environment): Result<Identity | undefined, Diagnostic> {
  const path = identityPath(env);
  let text: string;
  let mode: number;
  try {
    text = readFileSync(path, "utf8");
    mode = statSync(path).mode;
  } catch (error) {
    if (reasonOf(error) === "ENOENT") return ok(undefined);
    return err(problem(`the key in ${path} cannot be read: ${reasonOf(error)}`, whereKeys));
  }
  const lines = text.split("\n").map((line) => line.trim());
  const [first, ...more] = lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => parseAgeKey(line));
  if (first === undefined || more.includes(undefined)) {
    return err(
      problem(`${path} holds no key that is known here`, `it has one line, AGE-SECRET-KEY-1…; ${whereKeys}`),
    );
  }
  const keys: Identity["keys"] = [first, ...more.filter((key) => key !== undefined)];
  const open = (mode & 0o077) !== 0;
  const warning = problem(`the key in ${path} can be read by others`, `chmod 600 ${path}`, "warning");
  return ok({ path, keys, warnings: open ? [warning] : [] });
}

const whereKeys = "another file is named by PROVISION_AGE_KEY_FILE";

/** Makes the user's key, for its owner only. Where two runs do so at once, both get the same. */
export async function makeIdentity(env: Environment): Promise<Result<Identity, Diagnostic>> {
  const path = identityPath(env);
  const secret = await newAgeKey();
  const key = parseAgeKey(secret);
  if (key === undefined) throw new Error("a key that was just made cannot be read");
  const text = `# created: ${new Date().toISOString()}\n# public key: ${key.recipient}\n${secret}\n`;
  const staged = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeWhole(staged, text);
    linkSync(staged, path);
  } catch (error) {
    if (reasonOf(error) !== "EEXIST")
      return err(problem(`no key can be made in ${path}: ${reasonOf(error)}`, whereKeys));
  } finally {
    rmSync(staged, { force: true });
  }
  const made = readIdentity(env);
  if (!made.ok) return made;
  return made.value === undefined ? err(problem(`the key in ${path} went away`)) : ok(made.value);
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

/** Said once, when the key is made. */
export function madeIdentityNotice({ path }: Identity): string {
  return `made a key for your secrets: ${path} — keep a copy in a safe place: who loses it loses the secrets`;
}
