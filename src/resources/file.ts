import type { Kind } from "../model/kind.ts";
import type { Change } from "../model/plan.ts";
import type { Confirmation, Content, Observed, Resource } from "../model/resource.ts";
import type { Script } from "../model/script.ts";
import { steps, subshell } from "../script/block.ts";
import { lines, raw, sh } from "../script/script.ts";
import { own, place, placing, refusedCode, stagedPath } from "./place.ts";
import { content as contentOf, ownText, ResourceError, sha256 } from "./resource.ts";
import { noAnswer, observePaths, ownership, parsePaths, type Seen } from "./stat.ts";
import { systemPath } from "./system-path.ts";
import { checkMode, checkOwner, checkPath } from "./words.ts";

/** Contents, owner and mode of a file. */
export interface FileOptions {
  /** Its bytes: text, or the result of `render`, `asset` or `content`. */
  readonly content: Content | string;
  /** Name or number. Default root. */
  readonly owner?: string;
  /** Name or number. Default root. */
  readonly group?: string;
  /** Four octal digits in quotes. Default "0644". */
  readonly mode?: string;
  /** Shell command that checks the new file before it replaces the old one; `%s` is its path. Exit 0: valid. */
  readonly check?: string;
  readonly absent?: false;
  /** For a file that can cut off the login that writes it (sudoers, sshd): the host restores the old file. */
  readonly confirm?: Pick<Confirmation, "seconds">;
}

/** A file that must not exist. */
export interface AbsentFile extends Pick<FileOptions, "confirm"> {
  readonly absent: true;
}

/**
 * A regular file: its bytes, owner, group and mode. With `{absent: true}`: no file and no link at that path.
 *
 * A symbolic link at the path is replaced by the file, not followed, because its target belongs to another package or daemon
 * (/etc/resolv.conf, sites-enabled/default). A directory at the path is never changed. Hard links, access lists and extended
 * attributes are not kept.
 *
 * @example
 * file("/etc/nginx/nginx.conf", { content: "events {}\n", mode: "0640", check: "nginx -t -q -c %s" })
 */
export function file(path: string, options: FileOptions | AbsentFile): Resource {
  const key = checkPath("file", path);
  const confirm = options.confirm === undefined ? {} : { confirm: putBack(key, options.confirm) };
  if (options.absent === true) {
    return {
      kind: "file",
      key,
      desired: null,
      ...(options.confirm === undefined ? {} : { payload: confirm }),
    };
  }
  const id = `file:${path}`;
  const { owner = "root", group = "root", mode = "0644", check } = options;
  const content = typeof options.content === "string" ? contentOf(options.content) : options.content;
  if (check !== undefined && !check.includes("%s")) {
    throw new ResourceError(
      id,
      `check ${JSON.stringify(check)}: write %s in place of the path of the new file`,
    );
  }
  const desired = {
    sha256: sha256(content.bytes),
    owner: checkOwner(id, owner),
    group: checkOwner(id, group),
    mode: checkMode(id, mode),
  };
  return {
    kind: "file",
    key,
    desired,
    payload: { content, ...(check === undefined ? {} : { own: { check } }), ...confirm },
  };
}

/** Saves the file at the path with its owner and mode, and restores it. */
function putBack(path: string, options: Pick<Confirmation, "seconds">): Confirmation {
  const name = `./${path.slice(1)}`;
  return {
    ...options,
    save: sh`if [ -e ${path} ] || [ -L ${path} ]; then echo present; tar -cf - -C / -- ${name}; else echo absent; fi`
      .text,
    undo: sh`read -r was; if [ "$was" = present ]; then tar -xpf - -C /; else rm -f -- ${path}; fi`.text,
  };
}

/**
 * Hashes regular files. Reading a FIFO or a device would never end, so they are first removed from "$@"; in the usual case
 * there is none, and "$@" is not copied.
 */
const hash = raw(`odd=
for path do if [ -e "$path" ] && [ ! -f "$path" ]; then odd=1; break; fi; done
[ -z "$odd" ] || for path do shift; [ ! -f "$path" ] || set -- "$@" "$path"; done
[ $# -eq 0 ] || sha256sum -- "$@" 2>/dev/null`);

const paths = (resources: readonly Resource[], wanted: boolean): readonly string[] =>
  resources.filter(({ desired }) => (desired !== null) === wanted).map(({ key }) => key);

/** Files that must not exist are not read, because they may be large. */
function observe(resources: readonly Resource[]): Script {
  return lines([observePaths(paths(resources, true), hash), observePaths(paths(resources, false))]);
}

function parse(output: string, resources: readonly Resource[]): ReadonlyMap<string, Observed> {
  const seen = parsePaths(output, [...paths(resources, true), ...paths(resources, false)]);
  const sums = parseSums(output);
  return new Map(
    resources.map((resource) => [resource.key, observed(resource, seen.get(resource.key), sums)]),
  );
}

function observed(resource: Resource, seen: Seen | undefined, sums: ReadonlyMap<string, string>): Observed {
  if (seen === undefined) return noAnswer;
  if (seen.status !== "standing") return seen;
  const { standing } = seen;
  if (standing.type === "link") return { status: "present", state: { link: "a symbolic link stands there" } };
  if (standing.type !== "file")
    return { status: "unknown", reason: `is ${standing.named}, not a regular file` };
  const state = ownership(resource, standing);
  if (resource.desired === null) return { status: "present", state };
  const sum = sums.get(resource.key);
  if (sum === undefined) return { status: "unknown", reason: "could not be read" };
  return { status: "present", state: { sha256: sum, ...state } };
}

/** For a name with backslashes, `sha256sum` doubles them and writes one before the line. */
function parseSums(output: string): ReadonlyMap<string, string> {
  const sums = new Map<string, string>();
  for (const line of output.split("\n")) {
    const match = /^(\\?)([0-9a-f]{64}) [ *](\/.*)$/.exec(line);
    if (match === null) continue;
    const name = match[3] ?? "";
    sums.set(match[1] === "" ? name : name.replaceAll("\\\\", "\\"), match[2] ?? "");
  }
  return sums;
}

function converge(changes: readonly Change[]): Script {
  return subshell([placing, ...steps(changes.map(convergeOne))]);
}

function convergeOne({ resource, fields, action, observed: before }: Change): Script {
  const { key: path, desired, payload } = resource;
  if (desired === null) return remove(path);
  const differs = (field: string): boolean => fields.some((change) => change.field === field);
  const text = (field: string): string => String(desired[field]);
  if (action !== "update" || differs("sha256"))
    return write(path, payload?.content, text, ownText(resource, "check"));
  if (before.status !== "present" || fields.length === 0) return raw(":");
  // `chown` clears set-id bits, so a change of the owner also sets the mode.
  const [owner, group] = [differs("owner"), differs("group")];
  return own({
    path,
    owner: owner ? text("owner") : undefined,
    group: group ? text("group") : undefined,
    mode: owner || group || differs("mode") ? text("mode") : undefined,
  });
}

function write(
  path: string,
  content: Content | undefined,
  text: (field: string) => string,
  check: string | undefined,
): Script {
  if (content === undefined) throw new Error(`file:${path} has no content`);
  return place({
    path,
    bytes: content.bytes,
    owner: text("owner"),
    group: text("group"),
    mode: text("mode"),
    check,
  });
}

function remove(path: string): Script {
  return sh`rm -f -- ${path} ${stagedPath(path)}`;
}

/** The first bytes of a file that a diff shows: 1 MiB. */
const shownBytes = 1024 * 1024;

/** The kind `file`. */
export const fileKind: Kind = {
  name: "file",
  removal: (key) => file(key, { absent: true }),
  observe,
  parse,
  converge,
  guard: systemPath,
  refusedCode,
  deadline: 120,
  content: ({ key, payload }) =>
    payload?.content?.secret === true ? raw(":") : sh`[ ! -f ${key} ] || head -c ${shownBytes} -- ${key}`,
};
