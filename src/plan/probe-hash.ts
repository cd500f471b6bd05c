import { createHash } from "node:crypto";
import type { Resource } from "../model/resource.ts";

/**
 * A hash of the probe and the command of a resource. `undefined`: it has no probe, and its state decides. The hash leaves out a
 * secret content, because no trace of a secret may stay on a host.
 */
export function probeHash({ payload }: Resource): string | undefined {
  if (payload?.probed !== true) return undefined;
  const { own = {}, content } = payload;
  const input = content === undefined || content.secret === true ? null : [...content.bytes];
  return createHash("sha256")
    .update(JSON.stringify([...Object.values(own), input]))
    .digest("hex")
    .slice(0, 16);
}
