import type { Command } from "commander";
import type { Done } from "../command.ts";
import { addRunCommand } from "../run/options.ts";
import { RunOption } from "../run/run-option.ts";

/** Adds `provision apply`, the default command. */
export function addApply(program: Command, done: Done): void {
  const apply = {
    name: "apply",
    summary: "make every host what the inventory says (the default)",
    prune: "remove resources that no role declares",
    formats: ["pretty", "plain", "json"],
    options: [
      new RunOption("--force", "carry out a plan that the guard finds dangerous", { resume: "same" }),
      // The rest is no longer the saved plan: the resumed run uses the options of the plan.
      new RunOption(
        "--plan <file>",
        "carry out exactly this saved plan; refuse if something has changed since",
        {
          resume: "never",
        },
      ),
    ],
  } as const;
  addRunCommand(program, apply, done);
}
