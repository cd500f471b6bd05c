import type { AnyRole } from "../model/role.ts";

/** The services that a member with these variables needs: local name → service. */
export function needsOf(role: AnyRole, vars: unknown): Readonly<Record<string, string>> {
  const { needs = {} } = role;
  return typeof needs === "function" ? needs({ vars }) : needs;
}
