import { z } from "zod";
import type { Manifest } from "../model/plan.ts";
import type { ResourceId } from "../model/resource.ts";
import { emptyManifest } from "./manifest.ts";

/** More than any host has: a path takes 4096 bytes, and a stack wants some hundred resources of a host. */
const [longestId, longestText, mostEntries] = [5000, 65_536, 100_000];

/** `kind:key`; a kind may be one of a later version. A key stands on one line of a terminal. */
const idPattern = /^[A-Za-z][A-Za-z0-9_-]{0,63}:[^\p{Cc}\p{Surrogate}\u2028\u2029]+$/u;

const id = z.custom<ResourceId>(
  (value) => typeof value === "string" && value.length <= longestId && idPattern.test(value),
);
const text = z.string().max(longestText);
const state = z.record(
  z.string().min(1).max(200),
  z.union([text, z.number(), z.boolean(), z.array(text).max(10_000)]),
);

/** What a later version adds to it is left out. */
const manifest = z
  .object({
    version: z.literal(1),
    resources: z
      .array(
        z.object({
          id,
          role: z.string().regex(/^[^\p{Cc}]{1,200}$/u),
          state: state.nullable(),
          created: z.boolean(),
          means: z.exactOptional(z.string().regex(/^[0-9a-f]{1,64}$/)),
        }),
      )
      .max(mostEntries),
  })
  .refine(({ resources }) => new Set(resources.map((entry) => entry.id)).size === resources.length);

/**
 * Reads what a host keeps of what was last applied to it. A manifest that cannot be read counts as none: everything is then
 * new, and nothing is ours to remove.
 */
export function parseManifest(json: string): Manifest {
  try {
    const read = manifest.safeParse(JSON.parse(json));
    return read.success ? read.data : emptyManifest;
  } catch {
    return emptyManifest;
  }
}
