import { randomBytes } from "node:crypto";
import {
  chownSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/** How a file is replaced. */
export interface ReplaceOptions {
  /** Permission bits of the new file. Default: those of the old file; without an old file, 0666 less the umask. */
  readonly mode?: number;
  /** Called right before the rename. False: the old file stays, and the new one is deleted. */
  readonly mayReplace?: () => boolean;
}

/**
 * Replaces the content of a file atomically: writes a new file beside it, syncs that to disk and renames it. If the process is
 * killed, or the disk is full, the old file stays. A link stays a link, and its target is replaced. A terminal or a pipe is
 * written to directly. Returns false if `mayReplace` does. Throws the error of the file system, and then leaves the old file
 * unchanged.
 */
export function replaceFile(path: string, data: string | Uint8Array, options: ReplaceOptions = {}): boolean {
  const { target, existing } = resolveTarget(path);
  const { mode = existing?.mode, mayReplace } = options;
  if (existing !== undefined && !existing.isFile()) {
    writeFileSync(target, data);
    return true;
  }
  const staged = stagedPath(target);
  try {
    writeStaged(staged, data, mode);
    if (existing !== undefined) keepOwner(staged, existing);
    if (mayReplace?.() === false) {
      rmSync(staged, { force: true });
      return false;
    }
    renameSync(staged, target);
  } catch (error) {
    rmSync(staged, { force: true });
    throw error;
  }
  syncFolder(dirname(target));
  return true;
}

/** Throws the error that `replaceFile` would throw, as far as it is known in advance. Changes nothing. */
export function tryReplace(path: string): void {
  const { target, existing } = resolveTarget(path);
  if (existing !== undefined && !existing.isFile()) {
    closeSync(openSync(target, "r+"));
    return;
  }
  const staged = stagedPath(target);
  closeSync(openSync(staged, "wx", 0o600));
  rmSync(staged);
}

interface Target {
  /** The path of the file itself: links are resolved. */
  readonly target: string;
  readonly existing: Stats | undefined;
}

function resolveTarget(path: string): Target {
  const existing = statSync(path, { throwIfNoEntry: false });
  return { target: existing === undefined ? path : realpathSync(path), existing };
}

/** A hidden name that is short enough for every file system. */
function stagedPath(target: string): string {
  const name = basename(target).slice(0, 40);
  return join(dirname(target), `.${name}.${randomBytes(6).toString("hex")}.new`);
}

function writeStaged(path: string, data: string | Uint8Array, mode: number | undefined): void {
  const descriptor = openSync(path, "wx", mode ?? 0o666);
  try {
    if (mode !== undefined) fchmodSync(descriptor, mode & 0o777);
    writeFileSync(descriptor, data);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Keeps the owner of the old file, if this process may change owners. */
function keepOwner(path: string, { uid, gid }: Stats): void {
  const made = statSync(path);
  if (made.uid === uid && made.gid === gid) return;
  try {
    chownSync(path, uid, gid);
  } catch {}
}

/** Makes the rename durable. Some file systems cannot sync a folder: their error is ignored. */
function syncFolder(path: string): void {
  try {
    const descriptor = openSync(path, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {}
}
