import { createHash } from "node:crypto";
import type { HostPlan, Plan } from "../model/plan.ts";
import { err, ok, type Result } from "../model/result.ts";
import type { Refusal } from "./guard.ts";
import { isSecret } from "./secret.ts";

/** What a plan was made of: needed again to make the same one. */
export interface PlanRequest {
  readonly inventory: readonly string[];
  readonly limit?: string;
  readonly extraVars: readonly string[];
  readonly roles?: readonly string[];
  readonly prune: boolean;
}

/** A plan on file: the request it came from, and what it would change. No content: hashes only. The
 * request holds the variables of the command line in clear, so the file is for its owner only. */
export interface SavedPlan {
  readonly version: 1;
  readonly request: PlanRequest;
  /** Host → one line for each change, in order. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
}

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
    const value: unknown = JSON.parse(text);
    return isSavedPlan(value) ? ok(value) : err("this is not a plan saved by `provision plan --out`");
  } catch {
    return err("this is not a plan saved by `provision plan --out`: it is no JSON");
  }
}

function isSavedPlan(value: unknown): value is SavedPlan {
  if (typeof value !== "object" || value === null || !("version" in value) || value.version !== 1)
    return false;
  if (!("hosts" in value) || typeof value.hosts !== "object" || value.hosts === null) return false;
  if (!Object.values(value.hosts).every((lines) => Array.isArray(lines))) return false;
  return (
    "request" in value &&
    typeof value.request === "object" &&
    value.request !== null &&
    "inventory" in value.request
  );
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
