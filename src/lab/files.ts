import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { replaceFile } from "../base/replace-file.ts";
import { ok, type Result } from "../base/result.ts";
import type { LabFailure } from "./driver.ts";
import { mustRun } from "./programs.ts";

/*
 * What every lab keeps in its folder, whoever makes its hosts: inventories name these files.
 */

/** Where a lab keeps its files; absolute. */
export interface LabFolder {
  readonly dir: string;
}

/** The private key that opens every host of the lab. */
export const keyFile = (lab: LabFolder): string => join(lab.dir, "id_ed25519");

/** The hosts' public keys. */
export const knownHostsFile = (lab: LabFolder): string => join(lab.dir, "known_hosts");

/** Makes a key pair unless it is there; gives the public key as known_hosts writes it: type and key. */
export async function makeKey(file: string, comment: string): Promise<Result<string, LabFailure>> {
  if (!existsSync(file) || !existsSync(`${file}.pub`)) {
    rmSync(file, { force: true });
    const made = await mustRun("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file]);
    if (!made.ok) return made;
  }
  const [type = "", key = ""] = readFileSync(`${file}.pub`, "utf8").split(" ");
  return ok(`${type} ${key}`);
}

/** Writes a file that only its owner may read, as a whole or not at all. */
export function writeWhole(file: string, text: string): void {
  replaceFile(file, text, { mode: 0o600 });
}
