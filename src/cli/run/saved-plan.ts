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
  const wrong = (message: string) => err({ severity: "error" as const, message: `${file}: ${message}` });
  try {
    const plan = parseSavedPlan(readFileSync(file, "utf8"));
    return plan.ok ? plan : wrong(plan.error);
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
}

/** The plan holds the variables of the command line: it is for its owner only, also where the file was there before. */
const planAt = (file: string): OutFile => ({ option: "--out", file, cwd: process.cwd(), mode: 0o600 });

/** Known before any host is contacted: a plan that cannot be saved need not be made. */
export function whyNotSaved(file: string): Diagnostic | undefined {
  return whyNotWritable(planAt(file));
}

/**
 * Replaces the file, whole or not at all: a plan that somebody has looked at is not lost, neither to half a file nor to half a
 * plan. Gives back why it was not written.
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

/** Options that were given beside a saved plan, and say something else than it is made of. */
export function notOfPlan(flags: readonly string[]): Diagnostic {
  const message = `--plan takes no ${listed(flags)}: the saved plan says what it is made of`;
  return { severity: "error", message, hint: "leave it out, or make a new plan with `provision plan --out`" };
}
