import { createHash } from "node:crypto";
import { z } from "zod";
import { err, ok, type Result } from "../base/result.ts";
import type { HostPlan, Plan } from "../model/plan.ts";
import type { Refusal } from "./guard.ts";
import { isSecret } from "./secret.ts";

/** The options that a plan was made with, and those for the connections. Defaults are left out. */
const planRequest = z.strictObject({
  inventory: z.array(z.string()).min(1),
  limit: z.exactOptional(z.string()),
  extraVars: z.exactOptional(z.array(z.string())),
  roles: z.exactOptional(z.array(z.string())),
  prune: z.exactOptional(z.boolean()),
  forks: z.exactOptional(z.int().min(1)),
  askBecomePass: z.exactOptional(z.boolean()),
  transport: z.exactOptional(z.enum(["auto", "ssh", "openssh"])),
  timeout: z.exactOptional(z.int().min(1)),
});

export type PlanRequest = Readonly<z.infer<typeof planRequest>>;

const savedPlan = z.object({
  version: z.literal(1),
  request: planRequest,
  hosts: z.record(z.string(), z.array(z.string())),
});

/**
 * A saved plan: its options and its changes. It holds hashes, no content. The variables of the command line are in clear text,
 * so only the owner may read the file.
 */
export interface SavedPlan {
  readonly version: 1;
  readonly request: PlanRequest;
  /** Host → one line for each change, in order. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
}

/** The request from the options of a command, by their names. Throws on an unknown option: it is a bug. */
export const requestFrom = (values: Readonly<Record<string, unknown>>): PlanRequest =>
  planRequest.parse(values);

/** The text of a saved plan. */
export function savePlan(request: PlanRequest, plan: Plan): string {
  const hosts = Object.fromEntries(plan.hosts.map((host) => [host.host, linesOf(host)]));
  const saved: SavedPlan = { version: 1, request, hosts };
  return `${JSON.stringify(saved, null, 2)}\n`;
}

/** One line for each change: action, resource, fields and a hash of the payload. Equal plans have equal lines. */
function linesOf({ changes }: HostPlan): readonly string[] {
  return changes.map(({ id, action, fields, trigger, resource }) => {
    const secret = isSecret({ resource });
    const shown = (value: unknown): string => (secret ? short(value) : (JSON.stringify(value) ?? "-"));
    const texts = fields.map(({ field, before, after }) => `${field}: ${shown(before)} > ${shown(after)}`);
    // The whole payload counts. The hash of the content is already a field, unless a probe decides the state.
    const { content, ...rest } = resource.payload ?? {};
    const payloadHash = short([rest, rest.probed && content && short([...content.bytes])]);
    return [action, id, ...(trigger === undefined ? [] : [trigger]), ...texts, payloadHash].join(" | ");
  });
}

/** Enough of a hash to compare values, but too little to find a secret by it. */
function short(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(value) ?? "")
    .digest("hex")
    .slice(0, 8);
}

/** Parses the text of `savePlan`. */
export function parseSavedPlan(text: string): Result<SavedPlan, string> {
  try {
    const read = savedPlan.safeParse(JSON.parse(text));
    return read.success ? ok(read.data) : err("this is not a plan saved by `provision plan --out`");
  } catch {
    return err("this is not a plan saved by `provision plan --out`: it is not JSON");
  }
}

/** What differs since the plan was saved. Any difference stops the run: a saved plan is carried out exactly, or not at all. */
export function changesSince(saved: SavedPlan, plan: Plan): readonly Refusal[] {
  return plan.hosts.flatMap((host) => {
    const before = saved.hosts[host.host] ?? [];
    const now = linesOf(host);
    const isNew = now
      .filter((line) => !before.includes(line))
      .map((line) => `not in the saved plan: ${line}`);
    const isGone = before
      .filter((line) => !now.includes(line))
      .map((line) => `in the saved plan, no longer needed: ${line}`);
    return [...isNew, ...isGone].map((message) => ({ host: host.host, message }));
  });
}
