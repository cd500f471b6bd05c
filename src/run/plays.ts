import type { TopologyHost } from "../model/topology.ts";

/** Whether a host plays one of these roles. */
export const plays =
  (roles: readonly string[]) =>
  ({ members }: TopologyHost): boolean =>
    members.some(({ role }) => roles.includes(role));
