import type { Command } from "commander";
import type { Done } from "../command.ts";
import { addRunCommand } from "../run/options.ts";
import { RunOption } from "../run/run-option.ts";

/** Adds `provision plan`. */
export function addPlan(program: Command, done: Done): void {
  const plan = {
    name: "plan",
    summary: "show what would change; touch nothing; exit 2 if anything would",
    prune: "plan to remove resources that no role declares",
    formats: ["pretty", "plain", "json"],
    options: [
      // A plan for the remaining hosts would replace the whole plan.
      new RunOption("--out <file>", "save the plan for `apply --plan`", { resume: "never" }),
    ],
  } as const;
  addRunCommand(program, plan, done);
}
