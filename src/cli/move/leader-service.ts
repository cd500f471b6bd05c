import { err, ok, type Result } from "../../base/result.ts";
import type { PrimaryMoves } from "../../model/primary.ts";
import type { Diagnostic } from "../../model/source.ts";
import type { Service } from "../../model/topology.ts";
import type { Project } from "../project/project.ts";

/** A service with a primary, and the commands that move it. */
export interface LeaderService {
  readonly service: Service;
  readonly moves: PrimaryMoves;
}

/** Finds the only service with a primary by its name, its role, its tier, or the group of its hosts. */
export function leaderServiceNamed(
  { topology, roles, inventory }: Pick<Project, "topology" | "roles" | "inventory">,
  what: string,
): Result<LeaderService, Diagnostic> {
  const services = [...topology.services.values()].flatMap((service) => {
    const moves = roles.get(service.role)?.primary;
    return moves?.service === service.name ? [{ service, moves }] : [];
  });
  const group = inventory.groups.has(what) ? what : undefined;
  const named = services.filter(({ service: { name, role, endpoints } }) => {
    if ([name, role, topology.tiers.get(role)].includes(what)) return true;
    const inGroup = (host: string): boolean =>
      inventory.hosts.get(host)?.groups.some((one) => one === group) === true;
    return group !== undefined && endpoints.every(({ host }) => inGroup(host));
  });
  const [chosen, ...more] = named;
  if (chosen !== undefined && more.length === 0) return ok(chosen);
  const names = services.map(({ service: { name, role } }) => `${name} (role ${role})`);
  return err({
    severity: "error",
    message:
      more.length > 0
        ? `\`${what}\` has more than one service with a primary`
        : `no service with a primary has the name, role, tier or group \`${what}\``,
    hint:
      names.length === 0
        ? "no service of this inventory has a primary"
        : `services with a primary: ${names.join(", ")}`,
  });
}

/** The error for a host of `--to` that is not a member; `undefined`: no error. */
export function unknownHost({ name, endpoints }: Service, to: string | undefined): Diagnostic | undefined {
  if (to === undefined || endpoints.some(({ host }) => host === to)) return undefined;
  const members = endpoints.map(({ host }) => host).join(", ");
  return {
    severity: "error",
    message: `--to: ${to} is not a member of ${name}`,
    hint: `its members are ${members}`,
  };
}
