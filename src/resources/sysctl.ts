import type { Kind } from "../model/kind.ts";
import type { Change } from "../model/plan.ts";
import type { Observed, Resource } from "../model/resource.ts";
import type { Script } from "../model/script.ts";
import { chunks, steps, subshell } from "../script/block.ts";
import { lines, sh } from "../script/script.ts";
import { place, placing } from "./place.ts";
import { ResourceError } from "./resource.ts";
import { noAnswer } from "./stat.ts";
import { checkLine } from "./words.ts";

/**
 * A kernel parameter: its current value in /proc/sys, and its value after a boot in a file of its own in /etc/sysctl.d. Dots
 * separate the names, and a slash stands for a dot inside a name (`net.ipv4.conf.eth0/100.rp_filter`); the form with dots and
 * slashes exchanged works too, as in sysctl.d. When it is removed, the file is deleted and the current value stays until the
 * next boot. Another file that sorts later and has another value is not noticed.
 *
 * @example
 * sysctl("net.core.somaxconn", 4096)
 */
export function sysctl(key: string, value: string | number | { readonly absent: true }): Resource {
  const id = `sysctl:${key}`;
  const name = canonical(key);
  if (!/^[A-Za-z0-9_-]+([./][A-Za-z0-9_:@-]+)+$/.test(name)) {
    throw new ResourceError(id, "write the parameter's name, like net.ipv4.ip_forward");
  }
  if (typeof value === "object") return { kind: "sysctl", key: name, desired: null };
  const text = normal(checkLine(id, "value", String(value)));
  return { kind: "sysctl", key: name, desired: { value: text, persistent: text } };
}

/** The first separator decides which of the two forms it is. */
function canonical(key: string): string {
  return /^[^./]*\//.test(key) ? exchanged(key) : key;
}

const exchanged = (key: string): string => key.replace(/[./]/g, (sign) => (sign === "." ? "/" : "."));

/** The kernel separates several numbers with tabs, people with blanks. */
const normal = (value: string): string => value.trim().replace(/\s+/g, " ");

const runtimePath = (key: string): string => `/proc/sys/${exchanged(key)}`;
const filePath = (key: string): string => `/etc/sysctl.d/60-provision-${key.replaceAll("/", "%2F")}.conf`;

/** `grep`, because a shell's `read` reads byte by byte, and the kernel returns only the first byte. */
function observe(resources: readonly Resource[]): Script {
  const paths = resources.flatMap(({ key, desired }) => [
    ...(desired === null ? [] : [runtimePath(key)]),
    filePath(key),
  ]);
  return lines(chunks(paths).map((chunk) => sh`grep -H '' -- ${chunk} 2>&1`));
}

function parse(output: string, resources: readonly Resource[]): ReadonlyMap<string, Observed> {
  const all = output.split("\n");
  return new Map(resources.map((resource) => [resource.key, observed(resource, all)]));
}

function observed({ key, desired }: Resource, all: readonly string[]): Observed {
  const file = read(all, filePath(key));
  const lacking = file.error?.endsWith("No such file or directory");
  if (file.text === undefined && lacking !== true) return unknown(file.error);
  const persistent = file.text === undefined ? {} : { persistent: persistentValue(key, file.text) };
  if (desired === null)
    return lacking === true ? { status: "absent" } : { status: "present", state: persistent };
  const now = read(all, runtimePath(key));
  if (now.text === undefined) return unknown(now.error);
  return { status: "present", state: { value: normal(now.text), ...persistent } };
}

interface Reading {
  readonly text?: string;
  readonly error?: string;
}

function read(all: readonly string[], path: string): Reading {
  const own = all.filter((line) => line.startsWith(`${path}:`)).map((line) => line.slice(path.length + 1));
  if (own.length > 0) return { text: own.join("\n") };
  const error = all.find((line) => line.startsWith(`grep: ${path}: `));
  return error === undefined ? {} : { error: error.slice("grep: ".length) };
}

function unknown(error: string | undefined): Observed {
  if (error === undefined) return noAnswer;
  const module = error.endsWith("No such file or directory") ? " (is its kernel module loaded?)" : "";
  return { status: "unknown", reason: `${error}${module}` };
}

/** Our file has one line. Any other text is returned unchanged, and so differs. */
function persistentValue(key: string, text: string): string {
  const prefix = `${key} = `;
  return text.startsWith(prefix) && !text.includes("\n") ? text.slice(prefix.length) : text;
}

/** First the kernel, which checks the value: a refused value is not written for the next boot. */
function convergeOne({ resource: { key, desired }, action, fields }: Change): Script {
  if (desired === null) return sh`rm -f -- ${filePath(key)}`;
  const due = (field: string): boolean =>
    action !== "update" || fields.some((change) => change.field === field);
  const value = String(desired.value);
  const refused = `provision: the kernel refused ${value} for ${key}. In a container, the host may forbid the change`;
  const now = sh`{ printf '%s\n' ${value} | tee -- ${runtimePath(key)} >/dev/null || { echo ${refused} >&2; false; }; }`;
  const file = { path: filePath(key), owner: "root", group: "root", mode: "0644" };
  const kept = place({ ...file, bytes: new TextEncoder().encode(`${key} = ${value}\n`) });
  if (!due("persistent")) return now;
  return due("value") ? sh`${now} && ${kept}` : kept;
}

/** The kind `sysctl`. */
export const sysctlKind: Kind = {
  name: "sysctl",
  removal: (key) => sysctl(key, { absent: true }),
  observe,
  parse,
  converge: (changes) => subshell([placing, ...steps(changes.map(convergeOne))]),
  deadline: 30,
};
