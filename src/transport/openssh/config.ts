import { createHash } from "node:crypto";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const systemFile = "/etc/ssh/ssh_config";

let folder: string | undefined;

/**
 * A config file for a host behind jump hosts. For each jump host, `ssh` starts another `ssh` with the same config file but
 * without the options of the command line, so forced options must be in the file. The user's config follows them.
 * `base`: a config file that replaces the user's and the system's. `forced`: `Keyword=value`. The file is removed when the
 * process exits. An unreadable base is returned unchanged: `ssh` then reports the problem.
 */
export function configForHops(base: string | undefined, forced: readonly string[]): string {
  if (base !== undefined && base !== "none" && !isReadable(base)) return base;
  const lines = forced.map((option) => option.replace("=", " "));
  const text = [...lines, ...userConfig(base), ""].join("\n");
  folder ??= newFolder();
  const path = join(folder, createHash("sha256").update(text).digest("hex").slice(0, 16));
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/**
 * The config that `ssh` reads by default. `ssh` checks owner and mode of included files and of ~/.ssh/config, but not of a
 * file of `-F`. So a named file is copied, and the user's own file is included.
 */
function userConfig(base: string | undefined): readonly string[] {
  if (base === "none") return [];
  if (base !== undefined) return [readFileSync(base, "utf8")];
  const system = isReadable(systemFile) ? readFileSync(systemFile, "utf8") : "";
  // In the system's file, relative paths start at /etc/ssh.
  const absolute = system.replace(/^(\s*include[ \t=]+)(?![/~"])/gim, "$1/etc/ssh/");
  return ["Include ~/.ssh/config", "Host *", absolute];
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function newFolder(): string {
  const made = mkdtempSync(join(tmpdir(), "provision-ssh-"));
  process.once("exit", () => rmSync(made, { recursive: true, force: true }));
  return made;
}
