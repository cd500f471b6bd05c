import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { Log } from "../../base/diagnostic.ts";
import type { Source } from "../../model/source.ts";
import { readText } from "../parse/load.ts";

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting of Ansible, from its config file or from the environment, which wins. */
export interface Setting {
  readonly value: string;
  /** For messages: `ansible.cfg`, or the name of the variable. */
  readonly from: string;
  readonly source?: Source;
}

/** The settings of one config file, by `section.key`. */
export interface ConfigFile {
  readonly path: string;
  readonly settings: ReadonlyMap<string, Setting>;
}

/**
 * The config file that Ansible uses here: the one in $ANSIBLE_CONFIG, `ansible.cfg` in the current folder unless everybody
 * can write to the folder, `~/.ansible.cfg`, `/etc/ansible/ansible.cfg`. `ignored`: one that Ansible skips for that reason.
 */
export function findConfig(
  cwd: string,
  env: Environment,
): { readonly path?: string; readonly ignored?: string } {
  const here = join(cwd, "ansible.cfg");
  const open = isOpenToAll(cwd);
  const named = env.ANSIBLE_CONFIG;
  const candidates = [
    ...(named === undefined ? [] : [inFolder(expand(named, cwd, env))]),
    ...(open ? [] : [here]),
    join(homeOf(env), ".ansible.cfg"),
    "/etc/ansible/ansible.cfg",
  ];
  const path = candidates.find(isReadable);
  return { ...(path === undefined ? {} : { path }), ...(open && isReadable(here) ? { ignored: here } : {}) };
}

/** Config files beside inventories, or one folder above: Ansible uses them when it starts there. */
export function configsBeside(paths: readonly string[], cwd: string): readonly string[] {
  const folders = paths.flatMap((path) => {
    const full = resolve(cwd, path);
    const own = statSync(full, { throwIfNoEntry: false })?.isDirectory() === true ? full : dirname(full);
    return path.includes(",") ? [] : [own, dirname(own)];
  });
  return [...new Set(folders.map((folder) => join(folder, "ansible.cfg")))].filter(isReadable);
}

/** Reads a config file like Python's `configparser`, but does not report syntax errors. */
export function readConfig(path: string, cwd: string, log: Log): ConfigFile {
  const near = relative(cwd, path);
  const name = near.startsWith("..") || isAbsolute(near) ? path : near;
  const file = readText(path, name, log);
  const settings = new Map<string, Setting>();
  if (file === undefined) return { path, settings };
  let section = "";
  let last: { readonly id: string; readonly indent: number } | undefined;
  for (const { text, indent, start } of linesOf(file.text)) {
    const before = last === undefined ? undefined : settings.get(last.id);
    if (last !== undefined && before !== undefined && indent > last.indent) {
      settings.set(last.id, { ...before, value: `${before.value}\n${text.trim()}`.trim() });
      continue;
    }
    section = /^\s*\[([^\]]+)\]/.exec(text)?.[1] ?? section;
    const pair = /^\s*([^[=:\s][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(text);
    if (pair === null) continue;
    const id = `${section}.${(pair[1] ?? "").toLowerCase()}`;
    last = { id, indent };
    const source = file.place(start + indent, start + text.trimEnd().length);
    settings.set(id, { value: pair[2] ?? "", from: name, source });
  }
  return { path, settings };
}

interface Line {
  readonly text: string;
  readonly indent: number;
  readonly start: number;
}

/** The lines without empty ones and comments. */
function linesOf(text: string): readonly Line[] {
  return [...text.matchAll(/[^\r\n]+/g)].flatMap((match) => {
    const line = match[0].replace(/(?:^|\s);.*$/, "").replace(/^\s*#.*$/, "");
    const indent = line.search(/\S/);
    return indent === -1 ? [] : [{ text: line, indent, start: match.index }];
  });
}

/** Expands a path like Ansible, relative to a folder. */
export function expand(path: string, folder: string, env: Environment): string {
  return resolve(folder, path.trim().replace(/^~(?=\/|$)/, homeOf(env)));
}

function homeOf(env: Environment): string {
  return env.HOME ?? homedir();
}

function inFolder(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? join(path, "ansible.cfg") : path;
}

function isOpenToAll(folder: string): boolean {
  return ((statSync(folder, { throwIfNoEntry: false })?.mode ?? 0) & 0o002) !== 0;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return basename(path) !== "" && statSync(path).isFile();
  } catch {
    return false;
  }
}
