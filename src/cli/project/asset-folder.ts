import {
  type Dirent,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import type { Asset, AssetFile } from "../../model/asset.ts";
import { holdsKey, isByProduct, isLeftOut } from "./left-out.ts";

/** A larger folder is probably the wrong one. */
const mostFiles = 2000;
const mostBytes = 64 * 1024 * 1024;

/** The content of a folder of the project. Paths are relative to it. */
export interface ReadFolder {
  readonly asset: Asset;
  /** Paths that are not copied and that a host may need, sorted. */
  readonly leftOut: readonly string[];
  /** The existing paths of `include`. */
  readonly included: ReadonlySet<string>;
  /** A sentence for each path that cannot be copied. */
  readonly problems: readonly string[];
}

/** Which names in a folder to copy: by the default rules, all, or only those of `include`. */
type Selection = "default" | "all" | "named";

interface Reading {
  /** The folder as the user wrote it. */
  readonly shown: string;
  /** The real path. */
  readonly root: string;
  readonly include: ReadonlySet<string>;
  readonly files: Map<string, AssetFile>;
  readonly folders: string[];
  readonly links: Map<string, string>;
  readonly leftOut: string[];
  readonly included: Set<string>;
  readonly problems: string[];
  bytes: number;
}

/** Reads a folder. `shown`: the folder as the user wrote it. Throws errors of the file system. */
export function readFolder(shown: string, full: string, include: readonly string[]): ReadFolder {
  const reading: Reading = {
    shown,
    root: realpathSync(full),
    include: new Set(include),
    files: new Map(),
    folders: [],
    links: new Map(),
    leftOut: [],
    included: new Set(),
    problems: [],
    bytes: 0,
  };
  readNames(reading, "", "default");
  dropLinksToLeftOut(reading);
  const { folders, leftOut, included, problems } = reading;
  const [files, links] = [sorted(reading.files), sorted(reading.links)];
  const asset = Object.assign(files, { folders: folders.sort(), links });
  return { asset, leftOut: leftOut.sort(), included, problems };
}

const sorted = <T>(all: ReadonlyMap<string, T>): Map<string, T> =>
  new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));

const isTooMuch = ({ files, bytes }: Reading): boolean => files.size > mostFiles || bytes > mostBytes;

function readNames(reading: Reading, folder: string, selection: Selection): void {
  for (const entry of readdirSync(join(reading.root, folder), { withFileTypes: true, encoding: "buffer" })) {
    const name = printable(entry.name);
    const path = folder === "" ? name : `${folder}/${name}`;
    if (name === undefined || path === undefined) {
      const shown = JSON.stringify(
        `${reading.shown}/${folder === "" ? "" : `${folder}/`}${entry.name.toString()}`,
      );
      reading.problems.push(`the name ${shown} contains control characters, or is not UTF-8: rename it`);
    } else readEntry(reading, { path, name, entry, selection });
    if (isTooMuch(reading)) {
      reportTooMuch(reading);
      return;
    }
  }
}

function reportTooMuch({ shown, files, problems }: Reading): void {
  const what = files.size > mostFiles ? `${mostFiles} files` : `${mostBytes / 1024 / 1024} MiB`;
  const problem = `${shown} contains more than ${what}: is it the right folder?`;
  if (!problems.includes(problem)) problems.push(problem);
}

/** The name, if it is safe in a terminal and in a line of a host's output. */
function printable(name: Buffer): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(name);
    return /[\p{Cc}\u2028\u2029]/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

interface Entry {
  readonly path: string;
  readonly name: string;
  readonly entry: Dirent<Buffer>;
  readonly selection: Selection;
}

function readEntry(reading: Reading, { path, name, entry, selection }: Entry): void {
  const named = reading.include.has(path);
  if (named) reading.included.add(path);
  const explicit = named || selection === "all";
  const full = join(reading.root, path);
  if (!explicit && (selection === "named" || isLeftOut(name) || isVenv(entry, full))) {
    const inside = entry.isDirectory() && [...reading.include].some((one) => one.startsWith(`${path}/`));
    if (inside) readInto(reading, path, "named");
    else if (!isByProduct(name)) reading.leftOut.push(path);
  } else addEntry(reading, path, entry, explicit);
}

/** A Python environment: it contains paths of this machine. */
const isVenv = (entry: Dirent<Buffer>, full: string): boolean =>
  entry.isDirectory() && existsSync(join(full, "pyvenv.cfg"));

function addEntry(reading: Reading, path: string, entry: Dirent<Buffer>, explicit: boolean): void {
  const { shown, problems } = reading;
  if (entry.isDirectory()) readInto(reading, path, explicit ? "all" : "default");
  else if (entry.isSymbolicLink()) readLink(reading, path);
  else if (entry.isFile()) readOne(reading, path, explicit);
  else problems.push(`${shown}/${path} is ${specialName(entry)}: only files, folders and links are copied`);
}

function readInto(reading: Reading, path: string, selection: Selection): void {
  reading.folders.push(path);
  readNames(reading, path, selection);
}

/** The type of a special file, for messages. */
export function specialName(one: Pick<Dirent<Buffer>, "isFIFO" | "isSocket">): string {
  if (one.isFIFO()) return "a FIFO";
  return one.isSocket() ? "a socket" : "a device";
}

/** A file that only `include` adds counts as a secret: diffs do not show it. */
function readOne(reading: Reading, path: string, explicit: boolean): void {
  const full = join(reading.root, path);
  const { mode, size } = statSync(full);
  reading.bytes += size;
  if (reading.bytes > mostBytes) return;
  const bytes = readFileSync(full);
  if (!explicit && holdsKey(path, bytes)) {
    reading.leftOut.push(path);
    return;
  }
  reading.files.set(path, {
    bytes,
    ...(explicit ? { secret: true } : {}),
    ...((mode & 0o100) !== 0 ? { executable: true } : {}),
  });
}

/** Keeps a link, relative to its folder, so that it works on the host. */
function readLink({ shown, root, problems, links }: Reading, path: string): void {
  const full = join(root, path);
  const target = printable(readlinkSync(full, { encoding: "buffer" }));
  const folder = join(full, "..");
  const text = target === undefined ? undefined : linkInside(root, folder, full, target);
  if (text === undefined) {
    const to = JSON.stringify(target ?? readlinkSync(full));
    problems.push(
      `${shown}/${path} is a link to ${to}, which is outside the folder: put a copy there, or remove it`,
    );
  } else links.set(path, text);
}

function linkInside(root: string, folder: string, full: string, target: string): string | undefined {
  const written = resolve(folder, target);
  const real = realOf(full);
  if (real !== undefined && !isInside(root, real)) return undefined;
  // Keep the path as written, unless it goes through another link or leaves the folder and returns.
  const to = real === undefined || (isInside(root, written) && realOf(written) === real) ? written : real;
  return isInside(root, to) ? relative(folder, to) || "." : undefined;
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== ".." && !way.startsWith("../") && !isAbsolute(way);
}

/** On the host these links would be dangling. */
function dropLinksToLeftOut({ links, leftOut }: Reading): void {
  for (const [path, target] of [...links]) {
    const to = join("/", path, "..", target).slice(1);
    if (!leftOut.some((one) => to === one || to.startsWith(`${one}/`))) continue;
    links.delete(path);
    leftOut.push(path);
  }
}
