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
export interface Replacing {
  /** Permission bits, also where the file was there before. Left out: those it has, else what the umask leaves of 0666. */
  readonly mode?: number;
  /** Asked right before the rename; false: the old file stays, and the new one is thrown away. */
  readonly mayReplace?: () => boolean;
}

/**
 * Puts a text or bytes in the place of a file, whole or not at all: written to a new file beside it, which is on the disk
 * before it is renamed. Whoever is killed, or whose disk is full, leaves the old file. A link stays a link, and the file it
 * leads to is replaced. What is no regular file (a terminal, a pipe) is written to. Gives back false where `mayReplace` said
 * no. Throws the error of the file system; the old file is untouched then.
 */
export function replaceFile(path: string, data: string | Uint8Array, replacing: Replacing = {}): boolean {
  const { target, there } = placeOf(path);
  const { mode = there?.mode, mayReplace } = replacing;
  if (there !== undefined && !there.isFile()) {
    writeFileSync(target, data);
    return true;
  }
  const staged = stagedBeside(target);
  try {
    writeStaged(staged, data, mode);
    if (there !== undefined) keepOwner(staged, there);
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

/** Throws the error that `replaceFile` would end with, as far as it can be known now. Leaves nothing behind. */
export function tryReplace(path: string): void {
  const { target, there } = placeOf(path);
  if (there !== undefined && !there.isFile()) {
    closeSync(openSync(target, "r+"));
    return;
  }
  const staged = stagedBeside(target);
  closeSync(openSync(staged, "wx", 0o600));
  rmSync(staged);
}

interface Place {
  /** Where the file itself is, behind links. */
  readonly target: string;
  readonly there: Stats | undefined;
}

function placeOf(path: string): Place {
  const there = statSync(path, { throwIfNoEntry: false });
  return { target: there === undefined ? path : realpathSync(path), there };
}

/** Hidden, and not longer than a name can be. */
function stagedBeside(target: string): string {
  const name = basename(target).slice(0, 40);
  return join(dirname(target), `.${name}.${randomBytes(6).toString("hex")}.new`);
}

function writeStaged(path: string, data: string | Uint8Array, mode: number | undefined): void {
  const opened = openSync(path, "wx", mode ?? 0o666);
  try {
    if (mode !== undefined) fchmodSync(opened, mode & 0o777);
    writeFileSync(opened, data);
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/** A file of somebody else's stays his, where whoever replaces it may give files away. */
function keepOwner(path: string, { uid, gid }: Stats): void {
  const made = statSync(path);
  if (made.uid === uid && made.gid === gid) return;
  try {
    chownSync(path, uid, gid);
  } catch {}
}

/** Makes the rename last; a file system that cannot do so has done all it can. */
function syncFolder(path: string): void {
  try {
    const opened = openSync(path, "r");
    try {
      fsyncSync(opened);
    } finally {
      closeSync(opened);
    }
  } catch {}
}
