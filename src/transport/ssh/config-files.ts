import { type Dirent, readdirSync, readFileSync } from "node:fs";
import { wildcard } from "../known-hosts.ts";
import { HARMLESS, type Line, parseLine } from "./options.ts";

/** What a set of config files means for a host, as far as it can be told without asking `ssh`. */
export interface Survey {
  /** True: something in them bears on this host. */
  readonly matters: boolean;
  readonly hashKnownHosts: boolean;
  /** The lines that count for it, with those of which that cannot be told. */
  readonly lines: readonly Line[];
}

/**
 * Looks through ssh_config files for anything that could matter for a host. Asking `ssh -G` costs a process per host, and on
 * most machines these files hold nothing but what the distribution put there.
 */
export function survey(files: readonly string[], host: string): Survey {
  const lines = files.flatMap((file) => applying(linesOf(file), host, 0));
  return {
    matters: lines.some(({ keyword }) => !HARMLESS.has(keyword)),
    hashKnownHosts: lines.find(({ keyword }) => keyword === "hashknownhosts")?.value.toLowerCase() === "yes",
    lines,
  };
}

/** The lines that apply to a host. What cannot be told here (`Match`, quotes, odd Includes) is left in: it is not harmless. */
function applying(lines: readonly Line[], host: string, depth: number): readonly Line[] {
  let applies = true;
  return lines.flatMap((line): readonly Line[] => {
    if (line.keyword === "match") return [line];
    if (line.keyword === "host" && /["'#\\]/.test(line.value)) return [line];
    if (line.keyword === "host") applies = isFor(line.value, host);
    else if (applies) return line.keyword === "include" ? included(line, host, depth) : [line];
    return [];
  });
}

function included(line: Line, host: string, depth: number): readonly Line[] {
  const files = depth < 4 ? includes(line.value) : undefined;
  return files === undefined ? [line] : files.flatMap((file) => applying(linesOf(file), host, depth + 1));
}

function isFor(patterns: string, host: string): boolean {
  // Other than in known_hosts, letters count as they are written.
  const fits = (pattern: string): boolean => new RegExp(wildcard(pattern).source).test(host);
  const words = patterns.split(/\s+/);
  if (words.some((word) => word.startsWith("!") && fits(word.slice(1)))) return false;
  return words.some((word) => !word.startsWith("!") && fits(word));
}

/** The files an Include names: plain absolute paths, or `*.conf` in an absolute folder. Anything else: undefined. */
function includes(value: string): readonly string[] | undefined {
  if (/^\/[^*?[\]\s~%$"]+$/.test(value)) return [value];
  const [, folder] = /^(\/[^*?[\]\s~%$"]+)\/\*\.conf$/.exec(value) ?? [];
  if (folder === undefined) return undefined;
  return entriesOf(folder)
    .filter((entry) => entry.name.endsWith(".conf"))
    .map((entry) => `${folder}/${entry.name}`)
    .sort();
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

const parsed = new Map<string, readonly Line[]>();

/** A file's lines, read once in the life of the process; a missing file has none. */
function linesOf(file: string): readonly Line[] {
  const present = parsed.get(file);
  if (present !== undefined) return present;
  let text = "";
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // No such file is the usual case.
  }
  const lines = text
    .split("\n")
    .flatMap((line) => (line.trim().startsWith("#") ? [] : [parseLine(line) ?? []]))
    .flat();
  parsed.set(file, lines);
  return lines;
}
