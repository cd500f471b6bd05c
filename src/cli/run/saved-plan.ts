import { readFileSync } from "node:fs";
import { listed } from "../../base/listed.ts";
import { err, type Result } from "../../base/result.ts";
import type { Plan } from "../../model/plan.ts";
import type { Diagnostic } from "../../model/source.ts";
import type { Summary } from "../../model/summary.ts";
import { type PlanRequest, parseSavedPlan, type SavedPlan, savePlan } from "../../plan/saved.ts";
import { type OutFile, whyNotWritable, writeOut } from "../out-file.ts";

/** Reads a file that `plan --out` wrote. */
export function readSavedPlan(file: string): Result<SavedPlan, Diagnostic> {
  const failure = (message: string) => err({ severity: "error" as const, message: `${file}: ${message}` });
  try {
    const plan = parseSavedPlan(readFileSync(file, "utf8"));
    return plan.ok ? plan : failure(plan.error);
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error));
  }
}

/** Only the owner may read the file, because the plan contains the variables of the command line. */
const planAt = (file: string): OutFile => ({ option: "--out", file, cwd: process.cwd(), mode: 0o600 });

/** The error if the plan cannot be saved, found before the run contacts a host. */
export function whyNotSaved(file: string): Diagnostic | undefined {
  return whyNotWritable(planAt(file));
}

/**
 * Replaces the file completely or not at all, and only with a complete plan: a plan that somebody has reviewed must not be
 * lost. Returns the error.
 */
export function writeSavedPlan(
  file: string,
  request: PlanRequest,
  plan: Plan,
  { hosts }: Pick<Summary, "hosts">,
): Diagnostic | undefined {
  if (hosts.some(({ outcome }) => outcome === "interrupted"))
    return { severity: "error", message: `--out ${file}: not written, because the run was interrupted` };
  return writeOut(planAt(file), savePlan(request, plan));
}

/** The error for options that contradict the saved plan. */
export function planConflict(flags: readonly string[]): Diagnostic {
  const message = `--plan takes no ${listed(flags)}: the saved plan sets these options`;
  return { severity: "error", message, hint: "remove them, or make a new plan with `provision plan --out`" };
}
