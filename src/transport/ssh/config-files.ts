import { type Dirent, readdirSync, readFileSync } from "node:fs";
import { wildcard } from "../known-hosts.ts";
import { HARMLESS, type Line, parseLine } from "./options.ts";

/** The part of the ssh_config files that applies to one host. */
interface HostLines {
  /** True: a line may change the connection, so `ssh -G` must work it out. */
  readonly needsSsh: boolean;
  readonly hashKnownHosts: boolean;
  /** All lines that apply to the host, or that may apply. */
  readonly lines: readonly Line[];
}

/**
 * Finds the lines of ssh_config files that may apply to a host. `ssh -G` costs one process for each host, and on most
 * machines the files contain only the distribution's defaults.
 */
export function linesForHost(files: readonly string[], host: string): HostLines {
  const lines = files.flatMap((file) => applying(linesOf(file), host, 0));
  return {
    needsSsh: lines.some(({ keyword }) => !HARMLESS.has(keyword)),
    hashKnownHosts: lines.find(({ keyword }) => keyword === "hashknownhosts")?.value.toLowerCase() === "yes",
    lines,
  };
}

/** The lines that apply to a host. Keeps lines that only `ssh` can judge (`Match`, quotes, other Includes). */
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
  // ssh_config respects case, known_hosts does not.
  const fits = (pattern: string): boolean => new RegExp(wildcard(pattern).source).test(host);
  const words = patterns.split(/\s+/);
  if (words.some((word) => word.startsWith("!") && fits(word.slice(1)))) return false;
  return words.some((word) => !word.startsWith("!") && fits(word));
}

/** The files of an Include: an absolute path, or `*.conf` in an absolute folder. Undefined for all other patterns. */
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

/** The lines of a file. Each file is read once. A missing file has no lines. */
function linesOf(file: string): readonly Line[] {
  const present = parsed.get(file);
  if (present !== undefined) return present;
  let text = "";
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // Usually the file does not exist.
  }
  const lines = text
    .split("\n")
    .flatMap((line) => (line.trim().startsWith("#") ? [] : [parseLine(line) ?? []]))
    .flat();
  parsed.set(file, lines);
  return lines;
}
