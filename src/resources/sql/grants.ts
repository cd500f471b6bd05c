import type { State } from "../../model/resource.ts";

/** `INSERT, SELECT ON notes.*`: sorted, with `ALL PRIVILEGES` for `ALL`. */
export function grantText(target: string, names: readonly string[]): string {
  const own = names.map((one) => (one === "ALL" ? "ALL PRIVILEGES" : one));
  return `${[...new Set(own)].sort().join(", ")} ON ${target}`;
}

/** Account → target → privileges. A daemon may print several lines for one target. */
export type Grants = Map<string, Map<string, readonly string[]>>;

/** Reads the output of `SHOW GRANTS`. */
export function grantsIn(lines: readonly string[]): Grants {
  const all: Grants = new Map();
  for (const line of lines) {
    const match = /^GRANT (.+?) ON (?:TABLE )?(\S+) TO [`']([^`']*)[`']@[`']([^`']*)[`'](.*)$/.exec(line);
    if (match === null) continue;
    const [, names = "", where = "", user = "", from = "", rest = ""] = match;
    const own = [...names.split(", "), ...(rest.includes("WITH GRANT OPTION") ? ["GRANT OPTION"] : [])];
    const given = own.filter((one) => one !== "USAGE");
    if (given.length === 0) continue;
    const targets = all.get(`${user}@${from}`) ?? new Map<string, readonly string[]>();
    const target = targetOf(where);
    targets.set(target, [...(targets.get(target) ?? []), ...given]);
    all.set(`${user}@${from}`, targets);
  }
  return all;
}

/** In a grant on a database, `_` without a backslash stands for any character: it becomes `?`. */
function targetOf(where: string): string {
  const bare = where.replaceAll("`", "");
  if (!bare.endsWith(".*")) return bare;
  return bare.replaceAll(/(\\*)_/g, (_, slashes: string) => (slashes === "" ? "?" : "_"));
}

/** Revokes extra privileges, then grants missing ones. */
export function regranted(
  name: string,
  had: readonly string[],
  desired: State[string] | undefined,
): readonly string[] {
  const wanted: readonly string[] = Array.isArray(desired) ? desired : [];
  const [before, after] = [had, wanted].map(byTarget);
  const statements: string[] = [];
  for (const [target, names] of before ?? []) {
    const extra = names.filter((one) => !after?.get(target)?.includes(one));
    // One by one, because `ALL PRIVILEGES` cannot be in a list with others.
    for (const one of extra) statements.push(`REVOKE ${one} ON ${escaped(target)} FROM ${name}`);
  }
  for (const [target, names] of after ?? []) {
    const missing = names.filter(
      (one) => !before?.get(target)?.includes(one) || before.get(target)?.includes("ALL PRIVILEGES"),
    );
    if (missing.length > 0) statements.push(`GRANT ${missing.join(", ")} ON ${escaped(target)} TO ${name}`);
  }
  return statements;
}

function byTarget(grants: readonly string[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    grants.map((grant) => {
      const at = grant.lastIndexOf(" ON ");
      return [grant.slice(at + 4), grant.slice(0, at).split(", ")] as const;
    }),
  );
}

/** A target in the daemon's syntax; the inverse of `targetOf`. */
function escaped(target: string): string {
  if (target === "*.*") return target;
  if (!target.endsWith(".*"))
    return target
      .split(".")
      .map((name) => `\`${name}\``)
      .join(".");
  return `\`${target.slice(0, -2).replaceAll("_", "\\_").replaceAll("?", "_")}\`.*`;
}
