import type { Host } from "../model/inventory.ts";
import type { AnyRole } from "../model/role.ts";
import type { Diagnostic, Origin, Source } from "../model/source.ts";
import type { Member, Topology } from "../model/topology.ts";

/** What roles have against the variables of their members, each at the line where they were written. */
export function refusalsOf(topology: Topology, roles: ReadonlyMap<string, AnyRole>): readonly Diagnostic[] {
  return topology.hosts.flatMap(({ host, address, members }) =>
    members.flatMap(({ role, vars }: Member) => {
      const refusals = roles.get(role)?.refuses?.({ host, address, vars, topology }) ?? [];
      return refusals.map(({ path, message, hint }) => ({
        severity: "error" as const,
        message: `\`${[role, ...path].join(".")}\`${message.startsWith(":") ? "" : " "}${message}`,
        source: sourceOf(host, role, path),
        ...(hint === undefined ? {} : { hint }),
        host: host.name,
      }));
    }),
  );
}

/** The innermost value on a path that was written; where none was, what gives the role to the host. */
function sourceOf(host: Host, role: string, path: readonly string[]): Source {
  const written = host.vars.get(role)?.origin;
  if (written === undefined) return rolesSource(host, role);
  let at: Origin = written;
  for (const step of path) {
    const next = at.children?.get(step);
    if (next === undefined) break;
    at = next;
  }
  return at.source;
}

function rolesSource(host: Host, role: string): Source {
  const given = host.vars.get("roles");
  const index = Array.isArray(given?.value) ? given.value.indexOf(role) : -1;
  return given?.origin.children?.get(String(index))?.source ?? given?.origin.source ?? host.source;
}
