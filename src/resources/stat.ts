import type { Observed, Resource } from "../model/resource.ts";
import type { Script } from "../model/script.ts";
import { chunks } from "../script/block.ts";
import { lines, sh } from "../script/script.ts";

/** The file at a path; for a link, the link itself. */
export interface Standing {
  readonly type: "file" | "directory" | "link" | "other";
  /** For people: "a directory", "a FIFO". */
  readonly named: string;
  /** Four octal digits. */
  readonly mode: string;
  /** Name and number; without a name, the number twice. */
  readonly owner: readonly [name: string, id: string];
  readonly group: readonly [name: string, id: string];
}

/** One answer for each path: the file there, absent, or unknown with the reason. */
export type Seen =
  | { readonly status: "standing"; readonly standing: Standing }
  | Exclude<Observed, { status: "present" }>;

/**
 * Reads all paths, with one `stat` for each chunk; `more` is appended to each chunk and finds its paths in "$@". `stat`
 * reports missing paths only on stderr. This is printed after the answers, so that the two do not mix within lines.
 */
export function observePaths(paths: readonly string[], more?: Script): Script {
  return lines(
    chunks(paths).flatMap((chunk) => [
      sh`set -- ${chunk}`,
      sh`{ errors=$(stat -c '=%f|%u|%g|%U|%G|%n' -- "$@" 2>&1 >&3); } 3>&1`,
      sh`[ -z "$errors" ] || printf '%s\n' "$errors"`,
      ...(more === undefined ? [] : [more]),
    ]),
  );
}

/** Reads the answers to `observePaths`. `paths` in the same order as there. */
export function parsePaths(output: string, paths: readonly string[]): ReadonlyMap<string, Seen> {
  const standing = new Map<string, Standing>();
  const errors: string[] = [];
  for (const line of output.split("\n")) {
    const match = /^=([0-9a-f]+)\|(\d+)\|(\d+)\|([^|]*)\|([^|]*)\|(\/.*)$/.exec(line);
    if (match !== null) standing.set(match[6] ?? "", standingOf(match));
    else if (line.startsWith("stat: ")) errors.push(line);
  }
  // `stat` handles its arguments in order, and prints one error for each path without an answer.
  const silent = paths.filter((path) => !standing.has(path));
  const complete = errors.length === silent.length;
  return new Map(
    paths.map((path): [string, Seen] => {
      const found = standing.get(path);
      if (found !== undefined) return [path, { status: "standing", standing: found }];
      return [path, complete ? missing(errors[silent.indexOf(path)] ?? "") : noAnswer];
    }),
  );
}

/** The state of a key without an answer of the host. */
export const noAnswer: Observed & { readonly status: "unknown" } = { status: "unknown", reason: "no answer" };

function missing(error: string): Seen {
  if (/: (No such file or directory|Not a directory)$/.test(error)) return { status: "absent" };
  return { status: "unknown", reason: error.slice("stat: ".length) };
}

/** By the hexadecimal digits above the twelve bits of the mode: S_IFMT in stat(2). */
const types: ReadonlyMap<string, readonly [Standing["type"], string]> = new Map([
  ["8", ["file", "a regular file"]],
  ["4", ["directory", "a directory"]],
  ["a", ["link", "a symbolic link"]],
  ["1", ["other", "a FIFO"]],
  ["2", ["other", "a character device"]],
  ["6", ["other", "a block device"]],
  ["c", ["other", "a socket"]],
]);

function standingOf(match: RegExpExecArray): Standing {
  const raw = match[1] ?? "";
  const [type, named] = types.get(raw.slice(0, -3)) ?? (["other", "of an unknown type"] as const);
  const called = (name = "", id = ""): readonly [string, string] => [
    name === "UNKNOWN" || name === "" ? id : name,
    id,
  ];
  const mode = (Number.parseInt(raw.slice(-3), 16) & 0o7777).toString(8).padStart(4, "0");
  return { type, named, mode, owner: called(match[4], match[2]), group: called(match[5], match[3]) };
}

/** Owner, group and mode in the form of the resource: a number if the resource has a number. */
export function ownership(
  { desired }: Resource,
  { owner, group, mode }: Standing,
): { owner: string; group: string; mode: string } {
  const inWords = ([name, id]: readonly [string, string], wanted: unknown): string =>
    wanted === id ? id : name;
  return { owner: inWords(owner, desired?.owner), group: inWords(group, desired?.group), mode };
}
