import type { AnyRole } from "../model/role.ts";
import type { Diagnostic, Source } from "../model/source.ts";
import type { Objection, Topology } from "../model/topology.ts";
import { hostNamed, roleVariableLine, variableLine } from "./inventory-lines.ts";

/** The objections of all roles to the variables of their members, each with its line. */
export function objectionsOf(topology: Topology, roles: ReadonlyMap<string, AnyRole>): readonly Diagnostic[] {
  return [...roles.values()].flatMap((role) => {
    const peers = topology.hosts.flatMap(({ host, address, members }) =>
      members.filter((member) => member.role === role.name).map(({ vars }) => ({ host, address, vars })),
    );
    return peers.flatMap((peer) =>
      (role.objections?.({ ...peer, peers, topology }) ?? []).map((objection) => {
        const { message, hint, at = [] } = objection;
        return {
          severity: "error" as const,
          message: `\`${[role.name, ...at].join(".")}\`${message.startsWith(":") ? "" : " "}${message}`,
          source: sourceOf(objection, role.name, peer.host.name, topology),
          ...(hint === undefined ? {} : { hint }),
          host: peer.host.name,
        };
      }),
    );
  });
}

function sourceOf(
  { at = [], hostVariable }: Objection,
  role: string,
  host: string,
  topology: Topology,
): Source {
  if (hostVariable === undefined) return roleVariableLine(hostNamed(topology, host), role, at);
  const [name, of] = hostVariable;
  const other = hostNamed(topology, of);
  return other.vars.has(name) ? variableLine(other, name) : other.source;
}
