import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { replaceFile } from "../base/replace-file.ts";
import { ok, type Result } from "../base/result.ts";
import type { LabFailure } from "./driver.ts";
import { mustRun } from "./programs.ts";

/*
 * The files that every lab has in its folder, for both drivers. Inventories name these files.
 */

/** The folder of a lab's files. */
export interface LabFolder {
  /** Absolute. */
  readonly dir: string;
}

/** The private key for every host of the lab. */
export const keyFile = (lab: LabFolder): string => join(lab.dir, "id_ed25519");

/** The hosts' public keys. */
export const knownHostsFile = (lab: LabFolder): string => join(lab.dir, "known_hosts");

/** Creates a key pair if there is none. Returns the public key in the form of known_hosts: type and key. */
export async function makeKey(file: string, comment: string): Promise<Result<string, LabFailure>> {
  if (!existsSync(file) || !existsSync(`${file}.pub`)) {
    rmSync(file, { force: true });
    const made = await mustRun("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file]);
    if (!made.ok) return made;
  }
  const [type = "", key = ""] = readFileSync(`${file}.pub`, "utf8").split(" ");
  return ok(`${type} ${key}`);
}

/** Replaces a file in one step. Only its owner may read it. */
export function writeWhole(file: string, text: string): void {
  replaceFile(file, text, { mode: 0o600 });
}
