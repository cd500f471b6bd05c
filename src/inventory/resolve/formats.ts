import { existsSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { quote } from "../../script/script.ts";
import type { TextFile } from "../parse/text-file.ts";

/** The extensions of YAML and JSON files; a file may also have none. */
export const EXTENSIONS: readonly string[] = ["", ".yml", ".yaml", ".json"];

/** The format of an unsupported file, and a hint. */
export interface Foreign {
  readonly message: string;
  readonly hint: string;
}

/** Whether the name is that of an example of an inventory. */
export function isExample(path: string): boolean {
  return /\.(?:example|sample|template|tmpl|tpl|j2|jinja2?|dist|default|disabled|old|save)$/.test(path);
}

/** Whether a file is an INI inventory, by its name or content. Ansible tries INI if a file is not YAML. */
export function isIni(file: TextFile): boolean {
  const extension = extname(file.name);
  return extension === ".ini" || extension === ".cfg" || looksLikeIni(file.text);
}

/** The error for formats that only Ansible supports. `path`: as the user wrote it. */
export function foreignFormat(file: TextFile, path: string, cwd: string): Foreign | undefined {
  const extension = extname(path);
  if (extension === ".toml")
    return {
      message: "this is a TOML inventory, which provision cannot read",
      hint: conversion(path, cwd, "toml"),
    };
  const executable = ((statSync(resolve(cwd, path), { throwIfNoEntry: false })?.mode ?? 0) & 0o111) !== 0;
  if (executable && file.text.startsWith("#!")) {
    const message = "this is a program that prints an inventory, and provision does not start it";
    return { message, hint: conversion(path, cwd, "script") };
  }
  if (EXTENSIONS.includes(extension) || isIni(file)) return undefined;
  const message = `an inventory ends in .yml, .yaml, .json, .ini or has no extension, not ${extension}`;
  return {
    message,
    hint: "rename it if it is one; if not, move it out of the folder, or let its name end in .bak",
  };
}

/** The variable folders beside an inventory that Ansible saves as YAML. */
export const keptFolders = "group_vars/ and host_vars/ do not change, and provision reads them too";

/** Stops Ansible from writing the variables of `group_vars/` and `host_vars/`, decrypted, into the file. */
export const withoutFolders = "ANSIBLE_VARS_ENABLED=none";

/**
 * The Ansible command that converts an inventory to YAML, in a new file. It omits `group_vars/` and `host_vars/`, so that
 * encrypted values there stay encrypted.
 */
export function conversion(path: string, cwd: string, plugin: string): string {
  const base = basename(path, extname(path));
  const names = [
    `${base}.yml`,
    `${base}-new.yml`,
    ...Array.from({ length: 99 }, (_, i) => `${base}-new${i + 2}.yml`),
  ];
  const free = names.map((name) => join(dirname(path), name)).find((name) => !existsSync(resolve(cwd, name)));
  const only = `ANSIBLE_INVENTORY_ENABLED=${plugin} ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=1 ${withoutFolders}`;
  const command = `${only} ansible-inventory -i ${quote(path)} --list --yaml --export --output ${quote(free ?? `${path}.yml`)}`;
  return `save it as YAML: ${command}; ${keptFolders}; hosts are sorted by name there, so that a limit such as \`db[0]\` may mean another host`;
}

const SECTION = /^\[[^\],:\s]+(?::\w+)?\]\s*(?:[#;].*)?$/;

/** `[web]` or `[web:vars]` alone on a line, or a first line like `web1 ansible_host=10.0.0.1`. */
function looksLikeIni(text: string): boolean {
  const lines = text.split("\n", 2000).map((line) => line.replace(/\r$/, ""));
  const first = lines.find((line) => line.trim() !== "" && !/^\s*[#;]/.test(line))?.trim();
  if (first === undefined || /^(?:[{"'&!%$]|---|- )/.test(first)) return false;
  // YAML has nothing like it at the beginning of a line.
  if (lines.some((line) => SECTION.test(line)) || SECTION.test(first)) return true;
  if (/^[^\s:=]+\s+[A-Za-z_]\w*=/.test(first)) return true;
  if (/:(?:\s|$)/.test(first)) return false;
  return /^[^\s:=]+(?::[0-9]+)?(?:\s+[A-Za-z_]\w*=.*)?$/.test(first);
}
