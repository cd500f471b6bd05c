import type { Kind } from "../model/kind.ts";
import type { Change } from "../model/plan.ts";
import type { Observed, Resource, State } from "../model/resource.ts";
import type { Script } from "../model/script.ts";
import { steps, subshell } from "../script/block.ts";
import { sh } from "../script/script.ts";
import { answeredInFull } from "./group.ts";
import { ResourceError } from "./resource.ts";
import { noAnswer } from "./stat.ts";
import { checkAccount, checkNumber, checkPath } from "./words.ts";

/** A user's entry in passwd and group. Omitted fields are not managed. */
export interface UserOptions {
  /** Default: the host chooses a number. */
  readonly uid?: number;
  /** Name of the primary group; it must exist. Default: a group with the user's name. */
  readonly group?: string;
  /** All further groups: the user is removed from other groups. */
  readonly groups?: readonly string[];
  /** Home directory, an absolute path. */
  readonly home?: string;
  /** Login shell, an absolute path. */
  readonly shell?: string;
  /** Use a number from the range for daemons. Has an effect only when the user is created. */
  readonly system?: boolean;
  /** Create the home directory with the user. Default: true, except for system users. Later changes: `directory`. */
  readonly createHome?: boolean;
  readonly absent?: false;
}

/**
 * A local user. No password is set: a new user has none and can log in only with a key. A removed user's home directory stays,
 * and a changed `home` moves no files, so that no data is lost.
 *
 * @example
 * user("deploy", { shell: "/bin/bash", groups: ["adm"] })
 */
export function user(name: string, options: UserOptions | { readonly absent: true } = {}): Resource {
  const id = `user:${name}`;
  const key = checkAccount(id, name);
  if (options.absent === true) return { kind: "user", key, desired: null };
  const { uid, group, groups, home, shell, system = false, createHome = !system } = options;
  const desired: State = {
    exists: true,
    ...(uid === undefined ? {} : { uid: checkNumber(id, "uid", uid) }),
    ...(group === undefined ? {} : { group: checkAccount(id, group) }),
    ...(groups === undefined
      ? {}
      : { groups: [...new Set(groups.map((one) => checkAccount(id, one)))].sort() }),
    ...(home === undefined ? {} : { home: checkField(id, home) }),
    ...(shell === undefined ? {} : { shell: checkField(id, shell) }),
  };
  return { kind: "user", key, desired, payload: { own: { system, createHome } } };
}

/** A path that fits into a field of passwd. */
function checkField(id: string, path: string): string {
  if (path.includes(":"))
    throw new ResourceError(id, `${JSON.stringify(path)}: a path in passwd must not contain a colon`);
  return path === "/" ? path : checkPath(id, path);
}

/** Lists all groups, because only the line of a group names its members. */
function observe(resources: readonly Resource[]): Script {
  return sh`getent passwd ${resources.map(({ key }) => key)}; echo "passwd ended with $?"
getent group; echo "group ended with $?"`;
}

interface Group {
  readonly name: string;
  readonly gid: string;
  readonly members: readonly string[];
}

function parse(output: string, resources: readonly Resource[]): ReadonlyMap<string, Observed> {
  const end = /^passwd ended with \d+$/m.exec(output);
  const [users, rest] = end === null ? ["", ""] : [output.slice(0, end.index), output.slice(end.index)];
  if (end === null || !answeredInFull("group", rest))
    return new Map(resources.map(({ key }) => [key, noAnswer]));
  const groups = rest.split("\n").flatMap(parseGroup);
  const found = new Map<string, Observed>();
  for (const line of users.split("\n")) {
    const [name, , uid, gid, , home, shell, ...more] = line.split(":");
    if (
      name === undefined ||
      gid === undefined ||
      home === undefined ||
      shell === undefined ||
      more.length > 0
    )
      continue;
    if (!/^\d+$/.test(uid ?? "")) continue;
    const state = { exists: true, uid: Number(uid), ...memberships(name, gid, groups), home, shell };
    found.set(name, { status: "present", state });
  }
  const silent: Observed = answeredInFull("passwd", output) ? { status: "absent" } : noAnswer;
  return new Map(resources.map(({ key }) => [key, found.get(key) ?? silent]));
}

function parseGroup(line: string): readonly Group[] {
  const match = /^([^:]+):[^:]*:(\d+):(.*)$/.exec(line);
  if (match === null) return [];
  return [{ name: match[1] ?? "", gid: match[2] ?? "", members: (match[3] ?? "").split(",") }];
}

function memberships(
  name: string,
  gid: string,
  groups: readonly Group[],
): { group: string; groups: readonly string[] } {
  const own = groups.find((group) => group.gid === gid);
  const further = groups.filter(({ members }) => members.includes(name)).map((group) => group.name);
  return { group: own?.name ?? gid, groups: [...new Set(further)].sort() };
}

const options: Readonly<Record<string, string>> = {
  uid: "-u",
  group: "-g",
  groups: "-G",
  home: "-d",
  shell: "-s",
};

function optionsFor(desired: State, fields: readonly string[]): readonly string[] {
  return fields.flatMap((field) => {
    const option = options[field];
    const value = desired[field];
    return option === undefined || value === undefined ? [] : [option, String(value)];
  });
}

function convergeOne({ resource: { key, desired, payload }, action, fields }: Change): Script {
  if (desired === null) return sh`{ ! getent passwd ${key} >/dev/null || userdel -- ${key}; }`;
  const due = action === "update" ? fields.map(({ field }) => field) : Object.keys(desired);
  const changed = optionsFor(desired, due);
  const mended = changed.length === 0 ? sh`:` : sh`usermod ${changed} -- ${key}`;
  if (action === "update") return mended;
  const range = payload?.own?.system === true ? ["--system"] : [];
  const all = [
    ...range,
    payload?.own?.createHome === true ? "-m" : "-M",
    ...optionsFor(desired, Object.keys(options)),
  ];
  const made =
    desired.group === undefined
      ? sh`if getent group ${key} >/dev/null; then useradd ${all} -g ${key} -- ${key}; else useradd ${all} -U -- ${key}; fi`
      : sh`useradd ${all} -- ${key}`;
  return sh`if getent passwd ${key} >/dev/null; then ${mended}; else
${made}
fi`;
}

/** The kind `user`. */
export const userKind: Kind = {
  name: "user",
  removal: (key) => user(key, { absent: true }),
  observe,
  parse,
  converge: (changes) => subshell(steps(changes.map(convergeOne))),
  guard: ({ resource: { key, desired } }) =>
    desired === null && key === "root" ? "root cannot be removed" : undefined,
  deadline: 60,
};
