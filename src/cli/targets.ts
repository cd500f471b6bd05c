import { hostname, userInfo } from "node:os";
import type { Target } from "../transport/transport.ts";
import type { Project } from "./project/project.ts";

/** The name of this run in the lock of a host. Another run shows it when it finds the lock. */
export function holderName(): string {
  return `${userName()}@${hostname()}, process ${process.pid}, since ${new Date().toISOString()}`;
}

/** In a container the user id of a process may have no user. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

/** The login of each host. `password`: for sudo, unless the inventory has one. */
export function targetsOf(
  { connections }: Pick<Project, "connections">,
  password?: string,
): ReadonlyMap<string, Target> {
  return new Map(
    [...connections].map(([name, { connection, target }]) => [
      name,
      withPassword({ ...target, connection }, password),
    ]),
  );
}

function withPassword(target: Target, password: string | undefined): Target {
  return password === undefined || target.sudoPassword !== undefined
    ? target
    : { ...target, sudoPassword: password };
}
