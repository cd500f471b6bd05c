import { err, ok, type Result } from "../base/result.ts";

/**
 * Orders roles so that each comes after the roles that it depends on. One list for each stage; `base` roles come first.
 * A cycle has no order: the error names it.
 */
export function levelsOf(
  roles: readonly string[],
  dependencies: (role: string) => readonly string[],
  isBase: (role: string) => boolean,
): Result<readonly (readonly string[])[], string> {
  const depth = new Map<string, number>();
  const path: string[] = [];
  const visit = (role: string): string | undefined => {
    if (depth.has(role)) return undefined;
    if (path.includes(role)) return [...path.slice(path.indexOf(role)), role].join(" → ");
    path.push(role);
    let level = isBase(role) ? 0 : 1;
    for (const other of dependencies(role)) {
      if (other === role) continue;
      const cycle = visit(other);
      if (cycle !== undefined) return cycle;
      level = Math.max(level, (depth.get(other) ?? 0) + 1);
    }
    path.pop();
    depth.set(role, level);
    return undefined;
  };
  for (const role of roles) {
    const cycle = visit(role);
    if (cycle !== undefined) return err(`roles need each other in a cycle: ${cycle}`);
  }
  const levels: string[][] = [];
  for (const [role, level] of depth) {
    levels[level] = [...(levels[level] ?? []), role];
  }
  return ok(levels.filter((level) => level !== undefined && level.length > 0));
}
