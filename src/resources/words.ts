import { ResourceError } from "./resource.ts";

/** Characters that a line of output must not contain: control characters and surrogates. */
const unprintable = /[\p{Cc}\p{Surrogate}\u2028\u2029]/u;

/** Checks a path: absolute, in its shortest form, on one line. */
export function checkPath(kind: string, path: string): string {
  const id = `${kind}:${path}`;
  if (unprintable.test(path))
    throw new ResourceError(JSON.stringify(id), "a path must not contain control characters or line ends");
  if (!path.startsWith("/")) throw new ResourceError(id, "write an absolute path, which begins with /");
  const segments = path.slice(1).split("/");
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) {
    throw new ResourceError(id, "write the shortest form of the path: no `.`, `..`, `//` or `/` at the end");
  }
  if (segments.some((segment) => Buffer.byteLength(segment) > 255) || Buffer.byteLength(path) > 4000) {
    throw new ResourceError(id, "the path is too long (255 bytes for a name, 4000 in all)");
  }
  return path;
}

/** Checks permission bits: a string of four octal digits, because YAML and people read 0644 in different ways. */
export function checkMode(id: string, mode: string): string {
  if (typeof mode === "string" && /^[0-7]{4}$/.test(mode)) return mode;
  throw new ResourceError(id, `mode ${JSON.stringify(mode)}: write four octal digits in quotes, like "0644"`);
}

/** Checks a name of a user or group, as Debian's useradd accepts them (at most 32 bytes). */
export function checkAccount(id: string, name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/.test(name)) return name;
  throw new ResourceError(
    id,
    `${JSON.stringify(name)} is not a name of a user or group. Write at most 32 letters, digits, _ . -`,
  );
}

/** Checks an owner or group of a file: a name, or a number for one without a name. */
export function checkOwner(id: string, owner: string): string {
  return /^(0|[1-9][0-9]{0,9})$/.test(owner) ? owner : checkAccount(id, owner);
}

/** Checks a number of a user or group. */
export function checkNumber(id: string, field: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 32 - 1) return value;
  throw new ResourceError(id, `${field} ${value}: write a whole number, at least 0`);
}

/** Checks a text: one line, not empty. */
export function checkLine(id: string, field: string, text: string): string {
  if (text !== "" && !unprintable.test(text)) return text;
  throw new ResourceError(
    id,
    `${field} ${JSON.stringify(text)}: write one line without control characters, not empty`,
  );
}

/** systemd's types of units. */
const unitTypes = /\.(service|socket|timer|path|target|mount|automount|swap|slice|scope|device)$/;

/** Checks a unit's name and removes `.service`, so that a unit has only one name. */
export function checkUnit(id: string, name: string): string {
  if (!/^[A-Za-z0-9:_.\\@-]{1,200}$/.test(name) || name.startsWith("--")) {
    throw new ResourceError(id, `${JSON.stringify(name)} is not the name of a unit`);
  }
  if (/@(\.|$)/.test(name))
    throw new ResourceError(
      id,
      `${name} is a template: write an instance, like ${name.replace("@", "@main")}`,
    );
  return name.replace(/\.service$/, "");
}

/** A unit's full name, as in systemd. */
export function fullUnit(name: string): string {
  return unitTypes.test(name) ? name : `${name}.service`;
}
