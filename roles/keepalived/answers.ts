import { healthUrl, type RoleContext } from "provision";
import type { Vars } from "./vars.ts";

/** The folder of the program with which keepalived asks whether the service of its host answers. */
export const source = "roles/keepalived/files";

/** Where hosts have it. */
export const programs = "/usr/lib/provision";
export const program = "keepalived-answers";

/** A service that must answer on a host that holds the addresses: a script of keepalived, with a file of its own. */
export interface Asked {
  readonly name: string;
  readonly file: string;
  /** The status, and the URLs, this host's first. */
  readonly lines: readonly string[];
}

/**
 * The services that keepalived asks on this host, beside the units that it follows: a daemon that is frozen runs, but answers
 * nothing. Those whose health is a request; with `follow`, a user has named units, so none.
 */
export function askedOn({ vars, needs, host }: RoleContext<Vars, "peers" | "web">): readonly Asked[] {
  if (vars.follow !== undefined) return [];
  return needs.web
    .filter((endpoint) => endpoint.host === host.name)
    .flatMap((own) => {
      const others = needs.web.filter(({ host: other, role }) => other !== host.name && role === own.role);
      const urls = [own, ...others].map(healthUrl);
      const status = own.health.type === "http" ? own.health.status : 0;
      if (urls.some((url) => url === undefined)) return [];
      const name = `answers-${own.role}`;
      const lines = [String(status), ...urls.flatMap((url) => url ?? [])];
      return [{ name, file: `/etc/keepalived/${name}`, lines }];
    });
}
