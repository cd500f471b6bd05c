import { createHash } from "node:crypto";
import type { Resource } from "../model/resource.ts";

/**
 * A hash of what tells whether a resource with a probe of its own is so, and of what makes it so. `undefined`: its state alone
 * tells. Without its content where that is secret: no trace of a secret is kept on a host.
 */
export function meansOf({ payload }: Resource): string | undefined {
  if (payload?.probed !== true) return undefined;
  const { own = {}, content } = payload;
  const input = content === undefined || content.secret === true ? null : [...content.bytes];
  return createHash("sha256")
    .update(JSON.stringify([...Object.values(own), input]))
    .digest("hex")
    .slice(0, 16);
}
