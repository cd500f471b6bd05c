import { ResourceError } from "./resource.ts";

/** What cannot stand in a line of an observation, nor in a terminal: control characters and halves of a character. */
const unprintable = /[\p{Cc}\p{Surrogate}\u2028\u2029]/u;

/** Checks a path that is to be managed: absolute, in its shortest form, on one line. */
export function checkPath(kind: string, path: string): string {
  const id = `${kind}:${path}`;
  if (unprintable.test(path))
    throw new ResourceError(JSON.stringify(id), "a path has no control characters and no line ends");
  if (!path.startsWith("/")) throw new ResourceError(id, "write the absolute path, from / on");
  const segments = path.slice(1).split("/");
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) {
    throw new ResourceError(id, "write the shortest form of the path: no `.`, `..`, `//` or `/` at the end");
  }
  if (segments.some((segment) => Buffer.byteLength(segment) > 255) || Buffer.byteLength(path) > 4000) {
    throw new ResourceError(id, "longer than a path can be (255 bytes a name, 4000 in all)");
  }
  return path;
}

/** Checks permission bits: a string of four octal digits, since YAML and people read a bare 0644 as 644. */
export function checkMode(id: string, mode: string): string {
  if (typeof mode === "string" && /^[0-7]{4}$/.test(mode)) return mode;
  throw new ResourceError(id, `mode ${JSON.stringify(mode)}: write four octal digits in quotes, like "0644"`);
}

/** Checks a name of a user or group, as Debian's useradd takes them (32 bytes at most). */
export function checkAccount(id: string, name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/.test(name)) return name;
  throw new ResourceError(
    id,
    `${JSON.stringify(name)} is no name of a user or group: letters, digits, _ . - only, 32 at most`,
  );
}

/** Checks an owner or group of a file: a name, or a number where the host has no name for it. */
export function checkOwner(id: string, owner: string): string {
  return /^(0|[1-9][0-9]{0,9})$/.test(owner) ? owner : checkAccount(id, owner);
}

/** Checks a number of a user or group. */
export function checkNumber(id: string, field: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 32 - 1) return value;
  throw new ResourceError(id, `${field} ${value}: write a whole number from 0 on`);
}

/** Checks a text that must stand on one line, not empty. */
export function checkLine(id: string, field: string, text: string): string {
  if (text !== "" && !unprintable.test(text)) return text;
  throw new ResourceError(
    id,
    `${field} ${JSON.stringify(text)}: write one line without control characters, not empty`,
  );
}

/** systemd's types of units. */
const unitTypes = /\.(service|socket|timer|path|target|mount|automount|swap|slice|scope|device)$/;

/** Checks a unit's name; `.service` may be left out, and is taken off where it is written: one unit has one name. */
export function checkUnit(id: string, name: string): string {
  if (!/^[A-Za-z0-9:_.\\@-]{1,200}$/.test(name) || name.startsWith("--")) {
    throw new ResourceError(id, `${JSON.stringify(name)} is no name of a unit`);
  }
  if (/@(\.|$)/.test(name))
    throw new ResourceError(
      id,
      `${name} is a template: write an instance, like ${name.replace("@", "@main")}`,
    );
  return name.replace(/\.service$/, "");
}

/** A unit's name in full, as systemd gives it. */
export function fullUnit(name: string): string {
  return unitTypes.test(name) ? name : `${name}.service`;
}
