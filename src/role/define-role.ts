import type { Role } from "../model/role.ts";
import type { HealthCheck } from "../model/topology.ts";

/**
 * A role, with its types found out: the schema in `vars` gives the type of the variables, the keys of `needs` the names
 * under which `resources` finds the endpoints.
 */
export function defineRole<V, const N extends string = never, const W extends string = never>(
  role: Role<V, N, W>,
): Role<V, N, W> {
  return role;
}

/** Healthy if a GET of `path` on the service's port answers with `status` (default 200). */
export function http(
  path: string,
  options: { readonly status?: number; readonly tls?: boolean } = {},
): HealthCheck {
  const { status = 200, tls } = options;
  if (!path.startsWith("/") || /[\s\p{Cc}]/u.test(path))
    throw new Error(`http(${JSON.stringify(path)}): write a path from / on`);
  if (!Number.isInteger(status) || status < 100 || status > 599)
    throw new Error(`http("${path}"): ${status} is no HTTP status`);
  return tls === undefined ? { type: "http", path, status } : { type: "http", path, status, tls };
}

/** Healthy if the service's port takes a connection. */
export function tcp(): HealthCheck {
  return { type: "tcp" };
}

/**
 * Healthy if this shell command, run on the endpoint's own host, ends with 0. A run asks it as root; monitoring does so as a user
 * without rights, unless `root` says that it would then see nothing.
 */
export function command(text: string, { root = false }: { readonly root?: boolean } = {}): HealthCheck {
  if (text.trim() === "") throw new Error("command(): write a shell command, not nothing");
  return { type: "command", command: text, ...(root ? { root } : {}) };
}
