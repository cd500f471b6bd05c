import type { Kind } from "../model/kind.ts";
import type { Change } from "../model/plan.ts";
import type { Observed, Resource } from "../model/resource.ts";
import type { Script } from "../model/script.ts";
import { steps, subshell } from "../script/block.ts";
import { sh } from "../script/script.ts";
import { own } from "./place.ts";
import { noAnswer, observePaths, ownership, parsePaths, type Seen } from "./stat.ts";
import { systemPath } from "./system-path.ts";
import { checkMode, checkOwner, checkPath } from "./words.ts";

/** Owner and mode of a directory. */
export interface DirectoryOptions {
  /** Name or number. Default root. */
  readonly owner?: string;
  /** Name or number. Default root. */
  readonly group?: string;
  /** Four octal digits in quotes. Default "0755". */
  readonly mode?: string;
  readonly absent?: false;
}

/**
 * A directory, its owner, group and mode, but not its contents. Its parent must exist or be declared before it, so that
 * every directory on a host has a resource. With `{absent: true}` it is removed if it is empty; if it is not, the change
 * fails, because provision deletes no files that it has not made.
 *
 * @example
 * directory("/srv/www", { owner: "www-data", mode: "0750" })
 */
export function directory(
  path: string,
  options: DirectoryOptions | { readonly absent: true } = {},
): Resource {
  const key = checkPath("directory", path);
  if (options.absent === true) return { kind: "directory", key, desired: null };
  const id = `directory:${path}`;
  const { owner = "root", group = "root", mode = "0755" } = options;
  const desired = { owner: checkOwner(id, owner), group: checkOwner(id, group), mode: checkMode(id, mode) };
  return { kind: "directory", key, desired };
}

function parse(output: string, resources: readonly Resource[]): ReadonlyMap<string, Observed> {
  const seen = parsePaths(
    output,
    resources.map(({ key }) => key),
  );
  return new Map(
    resources.map((resource) => [resource.key, observed(resource, seen.get(resource.key) ?? noAnswer)]),
  );
}

function observed(resource: Resource, seen: Seen): Observed {
  if (seen.status !== "standing") return seen;
  if (seen.standing.type !== "directory")
    return { status: "unknown", reason: `is ${seen.standing.named}, not a directory` };
  return { status: "present", state: ownership(resource, seen.standing) };
}

function convergeOne({ resource, fields, action }: Change): Script {
  const { key: path, desired } = resource;
  if (desired === null) return remove(path);
  const due = (field: string): boolean =>
    action !== "update" || fields.some((change) => change.field === field);
  const text = (field: string): string => String(desired[field]);
  const [owner, group] = [due("owner"), due("group")];
  const owned = own({
    path,
    owner: owner ? text("owner") : undefined,
    group: group ? text("group") : undefined,
    mode: owner || group || due("mode") ? text("mode") : undefined,
  });
  if (action === "update") return owned;
  // Only root may enter until owner and mode are set.
  return sh`{ [ -d ${path} ] || (umask 077; mkdir -- ${path}); } && ${owned}`;
}

function remove(path: string): Script {
  return sh`{ [ ! -d ${path} ] || rmdir -- ${path}; }`;
}

/** The kind `directory`. */
export const directoryKind: Kind = {
  name: "directory",
  removal: (key) => directory(key, { absent: true }),
  observe: (resources) => observePaths(resources.map(({ key }) => key)),
  parse,
  converge: (changes) => subshell(steps(changes.map(convergeOne))),
  guard: systemPath,
  deadline: 30,
};
