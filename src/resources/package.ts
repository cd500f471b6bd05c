import type { Kind } from "../model/kind.ts";
import type { Change } from "../model/plan.ts";
import type { Observed, Resource } from "../model/resource.ts";
import type { Script } from "../model/script.ts";
import { chunks, subshell } from "../script/block.ts";
import { lines, sh } from "../script/script.ts";
import { transactionScript } from "./apt.ts";
import { ownList, ResourceError } from "./resource.ts";
import { noAnswer } from "./stat.ts";
import { checkUnit } from "./words.ts";

/** Which version, and what its installation must not start. */
export interface PackageOptions {
  /** Exactly this version, also if it is older than the installed one. Default: any; an installed package is not upgraded. */
  readonly version?: string;
  /** Units that the installation must not start, because they are not configured yet. */
  readonly heldUnits?: readonly string[];
  readonly absent?: false;
}

/**
 * A Debian package. With `{absent: true}` it is removed but not purged: to purge a database's package deletes the database,
 * and edited configuration must not be deleted. No other package is removed with it.
 *
 * @example
 * pkg("nginx-light", { heldUnits: ["nginx.service"] })
 */
export function pkg(name: string, options: PackageOptions | { readonly absent: true } = {}): Resource {
  const id = `package:${name}`;
  if (!/^[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?$/.test(name)) {
    throw new ResourceError(
      id,
      "write a package's name: only lower-case letters, digits, + - . (and `:arch` if needed)",
    );
  }
  if (options.absent === true) return { kind: "package", key: name, desired: null };
  const { version, heldUnits = [] } = options;
  if (version !== undefined && !/^[A-Za-z0-9][A-Za-z0-9.+~:-]*$/.test(version)) {
    throw new ResourceError(
      id,
      `version ${JSON.stringify(version)}: write the whole version, as dpkg shows it`,
    );
  }
  const held = heldUnits.map((unit) => checkUnit(id, unit));
  const desired = { installed: true, ...(version === undefined ? {} : { version }) };
  return {
    kind: "package",
    key: name,
    desired,
    ...(held.length === 0 ? {} : { payload: { own: { heldUnits: held } } }),
  };
}

function observe(resources: readonly Resource[]): Script {
  const format = "=$" + "{Package}|$" + "{Architecture}|$" + "{db:Status-Abbrev}|$" + "{Version}\\n";
  return lines(
    chunks(resources.map(({ key }) => key)).map((names) => sh`dpkg-query -W -f ${format} ${names} 2>&1`),
  );
}

interface Entry {
  readonly name: string;
  readonly arch: string;
  /** Second letter of dpkg's abbreviation. */
  readonly status: string;
  readonly version: string;
}

function parse(output: string, resources: readonly Resource[]): ReadonlyMap<string, Observed> {
  const entries: Entry[] = [];
  const missing = new Set<string>();
  for (const line of output.split("\n")) {
    const match = /^=([^|]+)\|([^|]*)\|[a-z]([A-Za-z])[ R]\|(.*)$/.exec(line);
    if (match !== null) {
      const [, name = "", arch = "", status = "", version = ""] = match;
      entries.push({ name, arch, status, version });
    }
    const none = /^dpkg-query: no packages found matching (\S+)$/.exec(line);
    if (none !== null) missing.add(none[1] ?? "");
  }
  return new Map(resources.map(({ key }) => [key, observed(key, entries, missing)]));
}

/** A name with several architectures is installed if one of them is. */
function observed(key: string, entries: readonly Entry[], missing: ReadonlySet<string>): Observed {
  const own = entries.filter(({ name, arch }) => name === key || `${name}:${arch}` === key);
  const entry = own.find(({ status }) => status === "i") ?? own.find(({ status }) => !gone(status)) ?? own[0];
  if (entry === undefined) return missing.has(key) ? { status: "absent" } : noAnswer;
  if (gone(entry.status)) return { status: "absent" };
  return { status: "present", state: { installed: entry.status === "i", version: entry.version } };
}

/** Not installed, or removed with its configuration kept. A half-installed package exists, but is not installed. */
const gone = (status: string): boolean => status === "n" || status === "c";

function converge(changes: readonly Change[]): Script {
  const wanted = changes.flatMap(({ resource }) =>
    resource.desired === null ? [] : [{ ...resource, desired: resource.desired }],
  );
  const script = transactionScript({
    install: wanted.map(({ key, desired }) =>
      desired.version === undefined ? key : `${key}=${String(desired.version)}`,
    ),
    remove: changes.filter(({ resource }) => resource.desired === null).map(({ resource }) => resource.key),
    held: [...new Set(wanted.flatMap((one) => ownList(one, "heldUnits")))].sort(),
  });
  return subshell([script]);
}

/** A new package disrupts nothing, so it is installed early, unless an earlier change adds a repository to apt. */
function early({ action }: Change, earlier: readonly Change[]): boolean {
  const repository = /^\/etc\/apt\/(sources\.list|keyrings|trusted\.gpg|preferences|auth\.conf)/;
  return action === "create" && !earlier.some(({ resource }) => repository.test(resource.key));
}

/** Packages without which a host cannot be reached, or cannot be mended. */
const vital: ReadonlySet<string> = new Set([
  "apt",
  "base-files",
  "coreutils",
  "dpkg",
  "libc6",
  "openssh-server",
  "sudo",
  "systemd",
  "systemd-sysv",
]);

function guard({ resource: { key, desired } }: Change): string | undefined {
  if (desired !== null || !vital.has(key.replace(/:.*/, ""))) return undefined;
  return "the host needs this package to be reached or mended";
}

/** The kind `package`: apt, one transaction for all of a host. */
export const packageKind: Kind = {
  name: "package",
  removal: (key) => pkg(key, { absent: true }),
  observe,
  parse,
  converge,
  grouped: true,
  early,
  guard,
  deadline: 1800,
};
