import type { Command } from "commander";
import type { Done } from "../command.ts";
import { RunOption } from "../run/continuing.ts";
import { addRunCommand } from "../run/options.ts";

/** Adds `provision plan`. */
export function addPlan(program: Command, done: Done): void {
  const plan = {
    name: "plan",
    summary: "show what would change; touch nothing; exit 2 if anything would",
    prune: "plan the removal of what no role wants any more",
    formats: ["pretty", "plain", "json"],
    options: [
      // A plan of the hosts that are left would take the place of the whole one.
      new RunOption("--out <file>", "save the plan for `apply --plan`", { continues: "never" }),
    ],
  } as const;
  addRunCommand(program, plan, done);
}
