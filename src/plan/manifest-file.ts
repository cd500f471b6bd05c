import { z } from "zod";
import type { Manifest } from "../model/plan.ts";
import type { ResourceId } from "../model/resource.ts";
import { emptyManifest } from "./manifest.ts";

/** More than any host has: a path is at most 4096 bytes long, and a host has some hundred resources. */
const [longestId, longestText, mostEntries] = [5000, 65_536, 100_000];

/** In characters. A thousand resources take 0.3 million. Parsing 60 million brackets took 1.8 GB of memory. */
const longestManifest = 8_000_000;

/** `kind:key`. The kind may be from a later version. The key must fit on one line of a terminal. */
const idPattern = /^[A-Za-z][A-Za-z0-9_-]{0,63}:[^\p{Cc}\p{Surrogate}\u2028\u2029]+$/u;

const id = z.custom<ResourceId>(
  (value) => typeof value === "string" && value.length <= longestId && idPattern.test(value),
);
const text = z.string().max(longestText);
const state = z.record(
  z.string().min(1).max(200),
  z.union([text, z.number(), z.boolean(), z.array(text).max(10_000)]),
);

/** Fields that a later version adds are dropped. */
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
 * Parses the manifest of a host. An invalid manifest counts as empty: all resources are then new, and none of them can be
 * removed.
 */
export function parseManifest(json: string): Manifest {
  if (json.length > longestManifest) return emptyManifest;
  try {
    const read = manifest.safeParse(JSON.parse(json));
    return read.success ? read.data : emptyManifest;
  } catch {
    return emptyManifest;
  }
}
