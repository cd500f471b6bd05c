import { nearest } from "../base/nearest.ts";
import type { Diagnostic } from "../model/source.ts";

/** What `unusedOverrides` needs. */
export interface OverrideCheck {
  /** `<role>/<name>` of the package's own templates. */
  readonly own: ReadonlySet<string>;
  /** Roles that the project defines. All of their templates count as used. */
  readonly ownRoles: ReadonlySet<string>;
  /** `<role>/<name>` → file: the templates of the project. */
  readonly added: ReadonlyMap<string, string>;
  /** `<role>/<name>` of the partials that a template calls. */
  readonly callsOf: (key: string) => readonly string[];
}

/** Errors for templates of the project that are never used: they replace none, and no used template calls them. */
export function unusedOverrides({ own, ownRoles, added, callsOf }: OverrideCheck): readonly Diagnostic[] {
  const used = new Set([...own, ...[...added.keys()].filter((key) => ownRoles.has(folderOf(key)))]);
  for (const key of used) for (const called of callsOf(key)) used.add(called);
  return [...added]
    .filter(([key]) => !used.has(key))
    .map(([key, file]) => ({
      severity: "error",
      message: "this file replaces no template",
      source: { file, line: 1, col: 1 },
      hint: hintFor(key, own),
    }));
}

function hintFor(key: string, own: ReadonlySet<string>): string {
  const near = nearest(key, own);
  if (near !== undefined) return `did you mean \`${near}.hbs\`?`;
  const folders = [...new Set([...own].map(folderOf))];
  const folder = folderOf(key);
  const meant = folders.includes(folder) ? folder : nearest(folder, folders);
  if (meant === undefined) return `there are templates in: ${folders.join(", ")}`;
  const names = [...own].filter((name) => folderOf(name) === meant).map((name) => `\`${name}.hbs\``);
  return `there ${names.length === 1 ? "is" : "are"} ${names.join(", ")}`;
}

const folderOf = (key: string): string => key.slice(0, key.indexOf("/"));
