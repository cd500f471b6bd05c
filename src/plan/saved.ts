import { createHash } from "node:crypto";
import { z } from "zod";
import { err, ok, type Result } from "../base/result.ts";
import type { HostPlan, Plan } from "../model/plan.ts";
import type { Refusal } from "./guard.ts";
import { isSecret } from "./secret.ts";

/** What a plan was made of, needed again to make the same one; and how its hosts were reached. Defaults are left out. */
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

/** A plan on file: the request it came from, and what it would change. No content: hashes only. The
 * request holds the variables of the command line in clear, so the file is for its owner only. */
export interface SavedPlan {
  readonly version: 1;
  readonly request: PlanRequest;
  /** Host → one line for each change, in order. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
}

/** Of the options of a command, by the names that commands know them by. An option that a plan cannot keep is a bug. */
export const requestFrom = (values: Readonly<Record<string, unknown>>): PlanRequest =>
  planRequest.parse(values);

/** The text of a saved plan. */
export function savePlan(request: PlanRequest, plan: Plan): string {
  const hosts = Object.fromEntries(plan.hosts.map((host) => [host.host, linesOf(host)]));
  const saved: SavedPlan = { version: 1, request, hosts };
  return `${JSON.stringify(saved, null, 2)}\n`;
}

/** One line a change: what is done to what, every field's way, and what is done it with. Two plans are the same if their lines are. */
function linesOf({ changes }: HostPlan): readonly string[] {
  return changes.map(({ id, action, fields, trigger, resource }) => {
    const secret = isSecret({ resource });
    const shown = (value: unknown): string => (secret ? short(value) : (JSON.stringify(value) ?? "-"));
    const ways = fields.map(({ field, before, after }) => `${field}: ${shown(before)} > ${shown(after)}`);
    // All of the payload counts, but the content: that is a field already, by its hash.
    const { content: _, stdin, ...words } = resource.payload ?? {};
    const means = short([words, stdin && short([...stdin.bytes])]);
    return [action, id, ...(trigger === undefined ? [] : [trigger]), ...ways, means].join(" | ");
  });
}

/** Enough of a hash to tell one value from another, and too little to find out what it is. */
function short(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(value) ?? "")
    .digest("hex")
    .slice(0, 8);
}

/** Reads what `savePlan` wrote; the error says what is wrong with the text. */
export function parseSavedPlan(text: string): Result<SavedPlan, string> {
  try {
    const read = savedPlan.safeParse(JSON.parse(text));
    return read.success ? ok(read.data) : err("this is not a plan saved by `provision plan --out`");
  } catch {
    return err("this is not a plan saved by `provision plan --out`: it is no JSON");
  }
}

/** What has moved since the plan was saved: it is carried out exactly, or not at all. */
export function movedSince(saved: SavedPlan, plan: Plan): readonly Refusal[] {
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
