import { distinct, type Log, newLog } from "../../base/diagnostic.ts";
import type { Diagnostic } from "../../model/source.ts";
import { type AnsibleConfig, ansibleConfig } from "../ansible-config/ansible-config.ts";
import type { Environment } from "../ansible-config/file.ts";
import type { Unlock } from "../parse/secret.ts";
import { TextFile } from "../parse/text-file.ts";
import { readExtraVars } from "./extra-vars.ts";
import { ignoredNames, readSource } from "./sources.ts";
import {
  finishTree,
  membersOf,
  newTree,
  type RawGroup,
  type RawHost,
  type RawVariable,
  type RawVars,
  setVariable,
  type Tree,
} from "./tree.ts";
import {
  openVarFolder,
  reportFiles,
  reportSharedNames,
  type VarFolder,
  warnOfMisspeltFiles,
} from "./variable-files.ts";

/** Options of the command line for reading. */
export interface ReadOptions {
  /** The texts of `-e`. */
  readonly extraVars: readonly string[];
  /** The base of relative paths; its `group_vars/` and `host_vars/` are also read, as in Ansible. */
  readonly cwd: string;
  /** Decrypts values with `!secret`. Without it, using one is an error. */
  readonly unlock?: Unlock;
  /** Environment variables with settings of Ansible. Default: those of this process. */
  readonly env?: Environment;
}

/** An inventory before its templates are resolved, as in `ansible-inventory`. */
export interface RawInventory {
  readonly tree: Tree;
  /** Every host's variables after precedence. */
  readonly vars: ReadonlyMap<string, RawVars>;
  readonly sources: readonly string[];
  readonly config: AnsibleConfig;
}

/** The inventory as far as it could be read, and all its problems. */
export interface RawReading {
  readonly raw: RawInventory;
  readonly problems: readonly Diagnostic[];
  /** True: an error has lost content, so an unknown name may exist. */
  readonly lost: boolean;
}

/** Reads all files and the variables of all hosts. Never throws because of the content of a file. */
export function readRaw(paths: readonly string[], options: ReadOptions): RawReading {
  const log = newLog();
  const config = ansibleConfig(paths, options.cwd, options.env ?? process.env, log);
  const tree = newTree(new TextFile("--inventory", paths.join(" ")).place(0, 1), config.merge);
  const context = { tree, log, cwd: options.cwd, isIgnored: ignoredNames(config) };
  const folders = paths.flatMap((path) => readSource(path, context) ?? []);
  finishTree(tree);
  reportSharedNames(tree, log);
  const extra = readExtraVars(options.extraVars, options.cwd, log, config.merge);
  const vars = layerVars(tree, extra, { paths: folders, cwd: options.cwd }, log);
  return { raw: { tree, vars, sources: paths, config }, problems: distinct(log.problems), lost: log.lost };
}

/** The folders beside the inventories, then those in the current folder, which have a higher rank in Ansible. */
interface Folders {
  readonly beside: readonly VarFolder[];
  readonly here: VarFolder;
}

function openFolders(
  kind: "group_vars" | "host_vars",
  paths: readonly string[],
  reading: { readonly cwd: string; readonly merge: boolean },
): Folders {
  const known = new Map<string, VarFolder>();
  const open = (path: string): VarFolder => {
    const folder = known.get(path) ?? openVarFolder(path, kind, reading);
    known.set(path, folder);
    return folder;
  };
  return { beside: paths.map(open), here: open(".") };
}

/** Ansible's precedence, lowest first: groups' own variables, group_vars, the host's own, host_vars, `-e`. */
function layerVars(
  tree: Tree,
  extra: RawVars,
  { paths, cwd }: { readonly paths: readonly string[]; readonly cwd: string },
  log: Log,
): ReadonlyMap<string, RawVars> {
  const groupFolders = openFolders("group_vars", paths, { cwd, merge: tree.merge });
  const hostFolders = openFolders("host_vars", paths, { cwd, merge: tree.merge });
  // Also read files of groups without a host, to report their errors.
  for (const name of tree.groups.keys()) {
    for (const folder of [...groupFolders.beside, groupFolders.here]) folder.varsOf(name);
  }
  const layered = new Map<readonly RawGroup[], RawVars>();
  const vars = new Map<string, RawVars>();
  for (const host of tree.hosts.values()) {
    const groups = layered.get(host.groups) ?? layerGroups(tree, host.groups, groupFolders);
    layered.set(host.groups, groups);
    vars.set(host.name, merge([groups, ...layersOf(host, hostFolders), extra], tree.merge));
  }
  const playing = new Set([...vars].filter(([, own]) => mayPlay(own)).map(([name]) => name));
  const foreign = (hosts: readonly string[]): boolean =>
    playing.size > 0 && hosts.every((name) => !playing.has(name));
  for (const folder of new Set([...groupFolders.beside, groupFolders.here])) {
    reportFiles(folder, (name) => foreign(membersOf(tree.groups, name)), log);
    warnOfMisspeltFiles(folder, new Set(tree.groups.keys()), "group", log);
  }
  for (const folder of new Set([...hostFolders.beside, hostFolders.here])) {
    reportFiles(folder, (name) => foreign([name]), log);
    warnOfMisspeltFiles(folder, new Set(tree.hosts.keys()), "host", log);
  }
  return vars;
}

/** Whether a host may have roles: its list of roles is not empty. */
function mayPlay(vars: RawVars): boolean {
  const value = vars.get("roles")?.node.value ?? null;
  return value !== null && !(Array.isArray(value) && value.length === 0);
}

function layerGroups(tree: Tree, groups: readonly RawGroup[], folders: Folders): RawVars {
  const layers: RawVars[] = [];
  const all = tree.groups.get("all");
  if (all !== undefined) layers.push(all.vars);
  for (const group of groups) layers.push(group.vars);
  for (const folder of [...folders.beside, folders.here]) layers.push(folder.varsOf("all"));
  for (const folder of [...folders.beside, folders.here]) {
    for (const group of groups) layers.push(folder.varsOf(group.name));
  }
  return merge(layers, tree.merge);
}

function layersOf(host: RawHost, folders: Folders): readonly RawVars[] {
  return [host.vars, ...[...folders.beside, folders.here].map((folder) => folder.varsOf(host.name))];
}

function merge(layers: readonly RawVars[], deep: boolean): RawVars {
  const result = new Map<string, RawVariable>();
  for (const layer of layers) {
    for (const [name, variable] of layer) setVariable(result, name, variable, deep);
  }
  return result;
}
