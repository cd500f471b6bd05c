import { createHash } from "node:crypto";
import type { Resource } from "../model/resource.ts";

/**
 * A hash of what tells whether a resource with a probe of its own is so, and of what makes it so. `undefined`: its state alone
 * tells. Without its input where that is secret: no trace of a secret is kept on a host.
 */
export function meansOf({ payload }: Resource): string | undefined {
  if (payload?.unless === undefined) return undefined;
  const { unless, command, stdin } = payload;
  const input = stdin === undefined || stdin.secret === true ? null : [...stdin.bytes];
  return createHash("sha256")
    .update(JSON.stringify([unless, command, input]))
    .digest("hex")
    .slice(0, 16);
}
