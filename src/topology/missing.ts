import { didYouMean } from "../base/diagnostic.ts";
import { nearest } from "../base/nearest.ts";
import { servicesOf } from "../base/provided.ts";
import type { AnyRole } from "../model/role.ts";
import type { Diagnostic } from "../model/source.ts";
import type { Service, TopologyHost } from "../model/topology.ts";
import { targetOf } from "./carried.ts";

/** Services that a role needs and no host provides. `needs`: by role. */
export function missingServices(
  hosts: readonly Pick<TopologyHost, "host" | "members">[],
  needs: ReadonlyMap<string, readonly string[]>,
  services: ReadonlyMap<string, Service>,
  roles: ReadonlyMap<string, AnyRole>,
): readonly Diagnostic[] {
  return [...needs].flatMap(([role, wanted]) => {
    const player = hosts.find(({ members }) => members.some((member) => member.role === role))?.host;
    const source = player?.vars.get("roles")?.origin.source ?? player?.source;
    return wanted
      .filter((name) => !services.has(name))
      .map((name): Diagnostic => {
        const { why, hint } = lackOf(name, role, services, roles);
        return {
          severity: "error",
          message: `role \`${role}\` needs the service ${why}`,
          ...(source === undefined ? {} : { source }),
          ...(hint === undefined ? {} : { hint }),
        };
      });
  });
}

interface Lack {
  readonly why: string;
  readonly hint: string | undefined;
}

function lackOf(
  name: string,
  role: string,
  services: ReadonlyMap<string, Service>,
  roles: ReadonlyMap<string, AnyRole>,
): Lack {
  const way = targetOf(name, roles);
  if (way !== undefined && services.has(way.target))
    return {
      why: `\`${name}\`, a way to \`${way.target}\` on its own host, and no host has it`,
      hint: `give each host with the role \`${role}\` the role \`${way.carrier}\` too`,
    };
  const wanted = way?.target ?? name;
  const providers = [...roles.values()]
    .filter((other) => other.name !== role && mayProvide(other, wanted))
    .map((other) => other.name);
  return {
    why: `\`${wanted}\`, which no host of the inventory provides`,
    hint:
      providers.length > 0
        ? `give a host one of these roles: ${providers.join(", ")}`
        : didYouMean(nearest(wanted, services.keys())),
  };
}

/** Whether a role with default variables provides a service. Only for a hint, because a role may need a real host. */
function mayProvide(role: AnyRole, service: string): boolean {
  const vars = role.vars.safeParse({});
  if (!vars.success || role.provides === undefined) return false;
  const source = { file: "", line: 1, col: 1 };
  const host = { name: "", groups: [], vars: new Map(), source };
  try {
    const provided = role.provides({ host, address: "", vars: vars.data });
    return servicesOf(provided).some(([name]) => name === service);
  } catch {
    return false;
  }
}
