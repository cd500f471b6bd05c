import type { Change } from "../model/plan.ts";

const systemPaths =
  /^\/(|bin|boot|dev|etc|home|lib|lib64|opt|proc|root|run|sbin|srv|sys|tmp|usr|var|usr\/[^/]+|var\/(lib|log|cache|spool))$/;

/** Why what stands at a path must not be removed. Also what could not be observed yet: it would be removed at its turn. */
export function systemPath({ resource: { key, desired } }: Change): string | undefined {
  return desired === null && systemPaths.test(key) ? "this path belongs to the system" : undefined;
}
