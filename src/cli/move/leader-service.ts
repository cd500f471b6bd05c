import { err, ok, type Result } from "../../base/result.ts";
import { type KeptService, keptServices } from "../../cluster/keepers.ts";
import type { Diagnostic } from "../../model/source.ts";
import type { Service } from "../../model/topology.ts";
import type { Project } from "../project/project.ts";

/** Finds the only service with a leader by its name, its role, its tier, or the group of its hosts. */
export function leaderServiceNamed(
  { topology, inventory }: Pick<Project, "topology" | "inventory">,
  what: string,
): Result<KeptService, Diagnostic> {
  const services = keptServices(topology);
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
        ? `\`${what}\` has more than one service with a leader`
        : `no service with a leader has the name, role, tier or group \`${what}\``,
    hint:
      names.length === 0
        ? "no service of this inventory has a leader and copies"
        : `services with a leader: ${names.join(", ")}`,
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
