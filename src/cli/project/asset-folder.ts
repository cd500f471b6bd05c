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

/** A folder of more is more likely the wrong folder than an application. */
const mostFiles = 2000;
const mostBytes = 64 * 1024 * 1024;

/** What a folder of the project holds. Paths are relative to it. */
export interface ReadFolder {
  readonly asset: Asset;
  /** What is not copied and may be missed, sorted. */
  readonly leftOut: readonly string[];
  /** The paths of `include` that are there. */
  readonly included: ReadonlySet<string>;
  /** What cannot be copied: a sentence each. */
  readonly problems: readonly string[];
}

/** How the names in a folder are taken: as they are judged; all of them; or only those that `include` names. */
type Taking = "judged" | "whole" | "named";

interface Reading {
  /** How the user names the folder. */
  readonly shown: string;
  /** Without links. */
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

/** Reads a folder. `shown`: how the user names it. Throws where the file system does. */
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
  readNames(reading, "", "judged");
  dropLinksToLeftOut(reading);
  const { folders, leftOut, included, problems } = reading;
  const [files, links] = [sorted(reading.files), sorted(reading.links)];
  const asset = Object.assign(files, { folders: folders.sort(), links });
  return { asset, leftOut: leftOut.sort(), included, problems };
}

const sorted = <T>(all: ReadonlyMap<string, T>): Map<string, T> =>
  new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));

const isTooMuch = ({ files, bytes }: Reading): boolean => files.size > mostFiles || bytes > mostBytes;

function readNames(reading: Reading, folder: string, taking: Taking): void {
  for (const entry of readdirSync(join(reading.root, folder), { withFileTypes: true, encoding: "buffer" })) {
    const name = printable(entry.name);
    const path = folder === "" ? name : `${folder}/${name}`;
    if (name === undefined || path === undefined) {
      const shown = JSON.stringify(
        `${reading.shown}/${folder === "" ? "" : `${folder}/`}${entry.name.toString()}`,
      );
      reading.problems.push(`the name ${shown} holds control characters, or is not UTF-8: rename it`);
    } else readEntry(reading, { path, name, entry, taking });
    if (isTooMuch(reading)) {
      tellTooMuch(reading);
      return;
    }
  }
}

function tellTooMuch({ shown, files, problems }: Reading): void {
  const what = files.size > mostFiles ? `${mostFiles} files` : `${mostBytes / 1024 / 1024} MiB`;
  const problem = `${shown} holds more than ${what}: is it the right folder?`;
  if (!problems.includes(problem)) problems.push(problem);
}

/** What can stand in a line that a host prints, and in a terminal. */
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
  readonly taking: Taking;
}

function readEntry(reading: Reading, { path, name, entry, taking }: Entry): void {
  const named = reading.include.has(path);
  if (named) reading.included.add(path);
  const asked = named || taking === "whole";
  const full = join(reading.root, path);
  if (!asked && (taking === "named" || isLeftOut(name) || isVenv(entry, full))) {
    const inside = entry.isDirectory() && [...reading.include].some((one) => one.startsWith(`${path}/`));
    if (inside) readInto(reading, path, "named");
    else if (!isByProduct(name)) reading.leftOut.push(path);
  } else take(reading, path, entry, asked);
}

/** A Python environment, whatever it is called: it holds paths of the machine it was made on. */
const isVenv = (entry: Dirent<Buffer>, full: string): boolean =>
  entry.isDirectory() && existsSync(join(full, "pyvenv.cfg"));

function take(reading: Reading, path: string, entry: Dirent<Buffer>, asked: boolean): void {
  const { shown, problems } = reading;
  if (entry.isDirectory()) readInto(reading, path, asked ? "whole" : "judged");
  else if (entry.isSymbolicLink()) readLink(reading, path);
  else if (entry.isFile()) readOne(reading, path, asked);
  else problems.push(`${shown}/${path} is ${specialName(entry)}: only files, folders and links are copied`);
}

function readInto(reading: Reading, path: string, taking: Taking): void {
  reading.folders.push(path);
  readNames(reading, path, taking);
}

/** For people. */
export function specialName(one: Pick<Dirent<Buffer>, "isFIFO" | "isSocket">): string {
  if (one.isFIFO()) return "a FIFO";
  return one.isSocket() ? "a socket" : "a device";
}

/** A file that is left out unless it is asked for is a secret when it is: it is not shown in a diff. */
function readOne(reading: Reading, path: string, asked: boolean): void {
  const full = join(reading.root, path);
  const { mode, size } = statSync(full);
  reading.bytes += size;
  if (reading.bytes > mostBytes) return;
  const bytes = readFileSync(full);
  if (!asked && holdsKey(path, bytes)) {
    reading.leftOut.push(path);
    return;
  }
  reading.files.set(path, {
    bytes,
    ...(asked ? { secret: true } : {}),
    ...((mode & 0o100) !== 0 ? { executable: true } : {}),
  });
}

/** Kept as a link, written so that it holds wherever the folder is put. */
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
  // As it is written, unless that leads through something else: `..` behind a link, a way out of the folder and back.
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

/** On the host they would lead nowhere. */
function dropLinksToLeftOut({ links, leftOut }: Reading): void {
  for (const [path, target] of [...links]) {
    const to = join("/", path, "..", target).slice(1);
    if (!leftOut.some((one) => to === one || to.startsWith(`${one}/`))) continue;
    links.delete(path);
    leftOut.push(path);
  }
}
