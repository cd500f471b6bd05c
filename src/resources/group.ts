import type { Kind } from "../model/kind.ts";
import type { Change } from "../model/plan.ts";
import type { Observed, Resource } from "../model/resource.ts";
import type { Script } from "../model/script.ts";
import { steps, subshell } from "../script/block.ts";
import { sh } from "../script/script.ts";
import { noAnswer } from "./stat.ts";
import { checkAccount, checkNumber } from "./words.ts";

/** A group's number, and how it is created. */
export interface GroupOptions {
  /** Default: the host chooses a number. */
  readonly gid?: number;
  /** Use a number from the range for daemons. Has an effect only when the group is created. */
  readonly system?: boolean;
  readonly absent?: false;
}

/**
 * A local group. Users declare their memberships. It cannot be removed while it is the primary group of a user.
 *
 * @example
 * group("media", { system: true })
 */
export function group(name: string, options: GroupOptions | { readonly absent: true } = {}): Resource {
  const key = checkAccount(`group:${name}`, name);
  if (options.absent === true) return { kind: "group", key, desired: null };
  const { gid, system = false } = options;
  const desired = {
    exists: true,
    ...(gid === undefined ? {} : { gid: checkNumber(`group:${name}`, "gid", gid) }),
  };
  return { kind: "group", key, desired, payload: { own: { system } } };
}

/** `getent` ends with 2 if a name does not exist; after another failure, missing names are unknown. */
function observe(resources: readonly Resource[]): Script {
  return sh`getent group ${resources.map(({ key }) => key)}; echo "group ended with $?"`;
}

/** Whether `getent`'s answer is complete, so that missing names do not exist. */
export function answeredInFull(database: "passwd" | "group", output: string): boolean {
  return new RegExp(`^${database} ended with [02]$`, "m").test(output);
}

function parse(output: string, resources: readonly Resource[]): ReadonlyMap<string, Observed> {
  const found = new Map<string, Observed>();
  for (const line of output.split("\n")) {
    const match = /^([^:]+):[^:]*:(\d+):/.exec(line);
    if (match !== null)
      found.set(match[1] ?? "", { status: "present", state: { exists: true, gid: Number(match[2]) } });
  }
  const silent: Observed = answeredInFull("group", output) ? { status: "absent" } : noAnswer;
  return new Map(resources.map(({ key }) => [key, found.get(key) ?? silent]));
}

function convergeOne({ resource: { key, desired, payload }, action }: Change): Script {
  if (desired === null) return sh`{ ! getent group ${key} >/dev/null || groupdel -- ${key}; }`;
  const number = desired.gid === undefined ? [] : ["-g", String(desired.gid)];
  if (action === "update") return sh`groupmod ${number} -- ${key}`;
  const range = payload?.own?.system === true ? ["--system"] : [];
  const mended = number.length === 0 ? sh`:` : sh`groupmod ${number} -- ${key}`;
  return sh`if getent group ${key} >/dev/null; then ${mended}; else groupadd ${[...range, ...number]} -- ${key}; fi`;
}

/** The kind `group`. */
export const groupKind: Kind = {
  name: "group",
  removal: (key) => group(key, { absent: true }),
  observe,
  parse,
  converge: (changes) => subshell(steps(changes.map(convergeOne))),
  deadline: 60,
};
