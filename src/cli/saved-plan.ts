import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import type { Plan } from "../model/plan.ts";
import { err, type Result } from "../model/result.ts";
import type { Diagnostic } from "../model/source.ts";
import { type PlanRequest, parseSavedPlan, type SavedPlan, savePlan } from "../plan/saved.ts";
import type { RunOptions } from "./options.ts";

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

/** Known before any host is contacted: a plan that cannot be saved need not be made. */
export function whyNotWritable(file: string): Diagnostic | undefined {
  try {
    if (existsSync(file)) closeSync(openSync(file, "r+"));
    else accessSync(dirname(resolve(file)), constants.W_OK);
    return undefined;
  } catch (error) {
    return {
      severity: "error",
      message: `--out ${file}: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** The plan holds the variables of the command line: it is for its owner only, also where the file was there before. */
export function writeSavedPlan(file: string, options: RunOptions, plan: Plan): void {
  writeFileSync(file, "", { mode: 0o600 });
  chmodSync(file, 0o600);
  writeFileSync(file, savePlan(requestOf(options), plan));
}

function requestOf({ inventory, limit, extraVars, roles, prune }: RunOptions): PlanRequest {
  return {
    inventory,
    extraVars,
    prune: prune === true,
    ...(limit === undefined ? {} : { limit }),
    ...(roles === undefined ? {} : { roles }),
  };
}
