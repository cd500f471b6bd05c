import { dirname, relative } from "node:path";
import { diagnostic, fail, type Log, newLog, warn } from "../../base/diagnostic.ts";
import type { Diagnostic } from "../../model/source.ts";
import { configsBeside, type Environment, expand, findConfig, readConfig, type Setting } from "./file.ts";
import { ENDS, INVENTORY, type KnownSetting, MERGE, PATTERNS, REFUSED, REPLACED, words } from "./settings.ts";

/** Ansible's settings that change the meaning of an inventory, as far as provision supports them. */
export interface AnsibleConfig {
  /** `hash_behaviour = merge`: mappings from several places are merged, not replaced. */
  readonly merge: boolean;
  /** Endings of skipped names in folders, instead of Ansible's own list. */
  readonly ignoredEnds?: readonly string[];
  /** Regular expressions for further skipped names in folders. */
  readonly ignoredPatterns: readonly string[];
  /** Ignored settings, of logins and others, in the order of their table. */
  readonly ignoredSettings: readonly IgnoredSetting[];
}

/** A setting that provision ignores. */
interface IgnoredSetting {
  readonly key: string;
  readonly setting: Setting;
  /** The replacement. */
  readonly instead: string;
  /** The variables that replace it: hosts with one of them do not need the setting. */
  readonly variables: readonly string[];
}

/**
 * The settings of Ansible for these inventories. An unsupported setting that changes their meaning is an error; so is a
 * config file beside an inventory that merges mappings, when Ansible starts there.
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
      "ignored ansible.cfg in the current folder, like Ansible, because everybody can write to the folder";
    warn(log, message, undefined, "chmod o-w .");
  }
  const look = (known: KnownSetting): Setting | undefined => lookUp(known, settings, env);
  for (const known of REFUSED) refuse(known, look(known), log);
  const hash = look(MERGE);
  if (hash !== undefined && hash.value !== "merge")
    fail(log, "hash_behaviour is `replace` or `merge`", hash.source);
  const merge = hash?.value === "merge";
  for (const other of configsBeside(paths, cwd)) {
    if (other !== path && other !== ignored)
      checkOther(readConfig(other, cwd, newLog()).settings, merge, log);
  }
  const ends = look(ENDS);
  return {
    merge,
    ...(ends === undefined ? {} : { ignoredEnds: words(ends.value) }),
    ignoredPatterns: words(look(PATTERNS)?.value ?? ""),
    ignoredSettings: REPLACED.flatMap((known) => {
      const setting = look(known);
      const [key = ""] = known.keys;
      const { instead, variables = [] } = known;
      return setting === undefined ? [] : [{ key: key.replace(/^.*\./, ""), setting, instead, variables }];
    }),
  };
}

/** A setting with an effect; undefined: it is not set, or has its default value. */
function lookUp(
  { keys, env: name, same }: KnownSetting,
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

function refuse({ keys, env }: KnownSetting, setting: Setting | undefined, log: Log): void {
  if (setting === undefined) return;
  const name = setting.from.startsWith("$") ? env : (keys[0] ?? "").replace(/^.*\./, "");
  const message = `${name} in ${setting.from.startsWith("$") ? "the environment" : setting.from} changes how Ansible reads inventories, and provision does not support it`;
  fail(
    log,
    message,
    setting.source,
    "remove it, and change the inventory so that it does not need the setting",
  );
}

/** Errors for a config file that Ansible uses only when it starts beside the inventory. */
function checkOther(settings: ReadonlyMap<string, Setting>, merge: boolean, log: Log): void {
  const none: Environment = {};
  const theirs = lookUp(MERGE, settings, none);
  if (theirs !== undefined && !merge) {
    const message = `Ansible, started in the folder of ${theirs.from}, merges mappings; provision would replace them`;
    const hint = `start provision in that folder, or set ANSIBLE_CONFIG=${theirs.from}`;
    fail(log, message, theirs.source, hint);
  }
  for (const known of REFUSED) refuse(known, lookUp(known, settings, none), log);
}

/** Ansible's default inventories, as paths for `-i`. */
export function configuredInventories(cwd: string, env: Environment): readonly string[] {
  const { path } = findConfig(cwd, env);
  const settings = path === undefined ? new Map<string, Setting>() : readConfig(path, cwd, newLog()).settings;
  const setting = lookUp(INVENTORY, settings, env);
  if (setting === undefined) return [];
  const folder = setting.from.startsWith("$") || path === undefined ? cwd : dirname(path);
  return words(setting.value).map((one) => relative(cwd, expand(one, folder, env)) || ".");
}

/** One warning for all ignored settings. `isMissing`: whether a host with a role has none of these variables. */
export function ignoredSettingsWarning(
  { ignoredSettings }: AnsibleConfig,
  isMissing: (variables: readonly string[]) => boolean,
): Diagnostic | undefined {
  const relevant = ignoredSettings.filter(({ variables }) => variables.length === 0 || isMissing(variables));
  const [first] = relevant;
  if (first === undefined) return undefined;
  const names = relevant.map(({ key, setting }) => (setting.from.startsWith("$") ? setting.from : key));
  const vars = relevant.filter(({ variables }) => variables.length > 0).map(({ instead }) => instead);
  const others = relevant.filter(({ variables }) => variables.length === 0);
  const hints = [
    ...(vars.length === 0 ? [] : [`set ${[...new Set(vars)].join(", ")} under \`vars\` of \`all\``]),
    ...others.map(({ key, instead }) => `for ${key}: ${instead}`),
  ];
  const from = [
    ...new Set(
      relevant.map(({ setting }) => (setting.from.startsWith("$") ? "the environment" : setting.from)),
    ),
  ];
  const message = `provision ignores these settings of Ansible in ${from.join(" and ")}: ${names.join(", ")}`;
  return diagnostic("warning", message, first.setting.source, hints.join("; "));
}
