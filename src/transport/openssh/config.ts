import { createHash } from "node:crypto";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const systemFile = "/etc/ssh/ssh_config";

let folder: string | undefined;

/**
 * A config file for a host that is reached through jump hosts. For each of them `ssh` starts another `ssh`, to which it hands
 * on the config file, and no option: what we insist on reaches them in a file only. The user's own config follows in it.
 * `base`: the config file in the place of the user's and the system's; `forced`: `Keyword=value`. The file is gone with the
 * process. A base that cannot be read is given back as it is: `ssh` says what is wrong with it.
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
 * What `ssh` would have read. A file that was named is copied, as `ssh` looks at the owner and mode of an included file only;
 * the user's own is included, as `ssh` does look at those of that one.
 */
function userConfig(base: string | undefined): readonly string[] {
  if (base === "none") return [];
  if (base !== undefined) return [readFileSync(base, "utf8")];
  const system = isReadable(systemFile) ? readFileSync(systemFile, "utf8") : "";
  // In the system's file, a relative path is one below /etc/ssh.
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
