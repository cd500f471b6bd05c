import type { Role } from "../model/role.ts";
import type { HealthCheck } from "../model/topology.ts";

/**
 * Returns the role, and infers its types: the variables from the schema in `vars`, the names of endpoints in `resources` from the
 * keys of `needs`.
 */
export function defineRole<V, const N extends string = never, const W extends string = never>(
  role: Role<V, N, W>,
): Role<V, N, W> {
  return role;
}

/** Healthy if a GET of `path` on the port of the service answers with `status` (default 200). */
export function http(
  path: string,
  options: { readonly status?: number; readonly tls?: boolean } = {},
): HealthCheck {
  const { status = 200, tls } = options;
  if (!path.startsWith("/") || /[\s\p{Cc}]/u.test(path))
    throw new Error(`http(${JSON.stringify(path)}): the path must begin with /`);
  if (!Number.isInteger(status) || status < 100 || status > 599)
    throw new Error(`http("${path}"): ${status} is not an HTTP status`);
  return tls === undefined ? { type: "http", path, status } : { type: "http", path, status, tls };
}

/** Healthy if the port of the service accepts a connection. */
export function tcp(): HealthCheck {
  return { type: "tcp" };
}

/**
 * Healthy if this shell command exits with 0 on the host of the endpoint. A run calls it as root. Monitoring calls it as an
 * unprivileged user, or as root with `root`.
 */
export function command(text: string, { root = false }: { readonly root?: boolean } = {}): HealthCheck {
  if (text.trim() === "") throw new Error("command(): the shell command is empty");
  return { type: "command", command: text, ...(root ? { root } : {}) };
}
