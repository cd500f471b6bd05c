import { hostname, userInfo } from "node:os";
import type { Target } from "../transport/transport.ts";
import type { Project } from "./project/project.ts";

/** Who holds the lock of a host, said to the run that comes second. */
export function holderName(): string {
  return `${userName()}@${hostname()}, process ${process.pid}, since ${new Date().toISOString()}`;
}

/** In a container a process may run as a number that no user has. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

/** How each host is reached. `password`: for sudo, where the inventory has none. */
export function targetsOf({ connections }: Project, password?: string): ReadonlyMap<string, Target> {
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
