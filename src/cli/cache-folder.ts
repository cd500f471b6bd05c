import { lstatSync, mkdirSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A folder for what is loaded as code: this very user's, and nobody else may write to it. `undefined`: there can be none,
 * and what would be kept is made again each time.
 */
export function privateCacheFolder(name: string): string | undefined {
  const folder = cacheFolder(name);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(folder);
    const ours = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
    return ours ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** A folder in the user's cache. */
export const cacheFolder = (name: string): string =>
  join(process.env.XDG_CACHE_HOME || join(home(), ".cache"), "provision", name);

/** In a container a process may run as a number that no user has, and without HOME. */
function home(): string {
  try {
    return homedir();
  } catch {
    return join(tmpdir(), `provision-${process.getuid?.() ?? "user"}`);
  }
}
