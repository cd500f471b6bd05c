import type { AnyRole } from "../model/role.ts";

/** Local name → service, as a member with these variables needs them. */
export function needsOf(role: AnyRole, vars: unknown): Readonly<Record<string, string>> {
  const { needs = {} } = role;
  return typeof needs === "function" ? needs({ vars }) : needs;
}
