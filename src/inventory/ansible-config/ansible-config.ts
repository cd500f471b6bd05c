import { dirname, relative } from "node:path";
import { diagnostic, fail, type Log, newLog, warn } from "../../base/diagnostic.ts";
import type { Diagnostic } from "../../model/source.ts";
import { configsBeside, type Environment, expand, findConfig, readConfig, type Setting } from "./file.ts";
import { ELSEWHERE, ENDS, INVENTORY, type Known, MERGE, PATTERNS, REFUSED, words } from "./settings.ts";

/** What of Ansible's configuration changes the meaning of an inventory, and is followed. */
export interface AnsibleConfig {
  /** `hash_behaviour = merge`: mappings of several places are merged, not replaced. */
  readonly merge: boolean;
  /** Ends of names that are left out of folders, in the place of Ansible's own list. */
  readonly ignoredEnds?: readonly string[];
  /** Regular expressions for names that are left out of folders, too. */
  readonly ignoredPatterns: readonly string[];
  /** Settings of logins, and others that have another place here, in the order of the table below. */
  readonly elsewhere: readonly Elsewhere[];
}

/** A setting that is not followed here. */
interface Elsewhere {
  readonly key: string;
  readonly setting: Setting;
  /** What to write instead. */
  readonly instead: string;
  /** The variables that stand for it: it changes nothing on hosts that have one. */
  readonly variables: readonly string[];
}

/**
 * What of Ansible's configuration counts for these inventories. What would change their meaning and is not followed is an
 * error; so is a file beside an inventory that Ansible would merge mappings by, when it is started there.
 */
export function ansibleConfig(
  paths: readonly string[],
  cwd: string,
  env: Environment,
  log: Log,
): AnsibleConfig {
  const { path, ignored } = findConfig(cwd, env);
  const settings = path === undefined ? new Map<string, Setting>() : readConfig(path, cwd, log).settings;
  if (ignored !== undefined && path !== ignored) {
    const message =
      "ansible.cfg in the current folder does not count, as with Ansible: everybody may write there";
    warn(log, message, undefined, "chmod o-w .");
  }
  const look = (known: Known): Setting | undefined => lookUp(known, settings, env);
  for (const known of REFUSED) refuse(known, look(known), log);
  const hash = look(MERGE);
  if (hash !== undefined && hash.value !== "merge")
    fail(log, "hash_behaviour is `replace` or `merge`", hash.source);
  const merge = hash?.value === "merge";
  for (const other of configsBeside(paths, cwd)) {
    if (other !== path && other !== ignored) tellOther(readConfig(other, cwd, newLog()).settings, merge, log);
  }
  const ends = look(ENDS);
  return {
    merge,
    ...(ends === undefined ? {} : { ignoredEnds: words(ends.value) }),
    ignoredPatterns: words(look(PATTERNS)?.value ?? ""),
    elsewhere: ELSEWHERE.flatMap((known) => {
      const setting = look(known);
      const [key = ""] = known.keys;
      const { instead, variables = [] } = known;
      return setting === undefined ? [] : [{ key: key.replace(/^.*\./, ""), setting, instead, variables }];
    }),
  };
}

/** A setting that changes something; undefined: it is not set, or to what it is anyway. */
function lookUp(
  { keys, env: name, same }: Known,
  settings: ReadonlyMap<string, Setting>,
  env: Environment,
): Setting | undefined {
  const given = env[name];
  const found =
    given === undefined
      ? keys.map((key) => settings.get(key)).find((one) => one !== undefined)
      : { value: given, from: `$${name}` };
  return found === undefined || found.value === "" || same?.(found.value) === true ? undefined : found;
}

function refuse({ keys, env }: Known, setting: Setting | undefined, log: Log): void {
  if (setting === undefined) return;
  const name = setting.from.startsWith("$") ? env : (keys[0] ?? "").replace(/^.*\./, "");
  const message = `${name} in ${setting.from.startsWith("$") ? "the environment" : setting.from} changes what an inventory means to Ansible, and is not followed here`;
  fail(log, message, setting.source, "take it out, and write the inventory so that it does without");
}

/** A config file that does not count here, but does for who starts Ansible beside the inventory. */
function tellOther(settings: ReadonlyMap<string, Setting>, merge: boolean, log: Log): void {
  const none: Environment = {};
  const theirs = lookUp(MERGE, settings, none);
  if (theirs !== undefined && !merge) {
    const message = `Ansible, started in the folder of ${theirs.from}, merges mappings; here they would replace each other`;
    const hint = `start provision in that folder, or set ANSIBLE_CONFIG=${theirs.from}`;
    fail(log, message, theirs.source, hint);
  }
  for (const known of REFUSED) refuse(known, lookUp(known, settings, none), log);
}

/** The inventories that Ansible would read where none is named, as `-i` would take them; none where nothing names any. */
export function configuredInventories(cwd: string, env: Environment): readonly string[] {
  const { path } = findConfig(cwd, env);
  const settings = path === undefined ? new Map<string, Setting>() : readConfig(path, cwd, newLog()).settings;
  const setting = lookUp(INVENTORY, settings, env);
  if (setting === undefined) return [];
  const folder = setting.from.startsWith("$") || path === undefined ? cwd : dirname(path);
  return words(setting.value).map((one) => relative(cwd, expand(one, folder, env)) || ".");
}

/** One warning for all settings that count elsewhere; `lacks`: true where a host that plays a role has none of these variables. */
export function elsewhereWarning(
  { elsewhere }: AnsibleConfig,
  lacks: (variables: readonly string[]) => boolean,
): Diagnostic | undefined {
  const counting = elsewhere.filter(({ variables }) => variables.length === 0 || lacks(variables));
  const [first] = counting;
  if (first === undefined) return undefined;
  const names = counting.map(({ key, setting }) => (setting.from.startsWith("$") ? setting.from : key));
  const vars = counting.filter(({ variables }) => variables.length > 0).map(({ instead }) => instead);
  const others = counting.filter(({ variables }) => variables.length === 0);
  const hints = [
    ...(vars.length === 0 ? [] : [`set ${[...new Set(vars)].join(", ")} under \`vars\` of \`all\``]),
    ...others.map(({ key, instead }) => `for ${key}: ${instead}`),
  ];
  const from = [
    ...new Set(
      counting.map(({ setting }) => (setting.from.startsWith("$") ? "the environment" : setting.from)),
    ),
  ];
  const message = `settings of Ansible in ${from.join(" and ")} do not count here: ${names.join(", ")}`;
  return diagnostic("warning", message, first.setting.source, hints.join("; "));
}
