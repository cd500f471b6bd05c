import { lstatSync, mkdirSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A cache folder for code that provision loads: it belongs to this user, and no other user can write to it. `undefined`:
 * there is no such folder, so nothing is cached.
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

/** In a container the user id of a process may have no user and no HOME. */
function home(): string {
  try {
    return homedir();
  } catch {
    return join(tmpdir(), `provision-${process.getuid?.() ?? "user"}`);
  }
}
