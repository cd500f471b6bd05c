import type { Command } from "commander";
import type { Done } from "../command.ts";
import { RunOption } from "../run/continuing.ts";
import { addRunCommand } from "../run/options.ts";

/** Adds `provision apply`, the command that is meant where none is named. */
export function addApply(program: Command, done: Done): void {
  const apply = {
    name: "apply",
    summary: "make every host what the inventory says (the default)",
    prune: "remove what no role wants any more",
    formats: ["pretty", "plain", "json"],
    options: [
      new RunOption("--force", "carry out a plan that the guard finds dangerous", { continues: "same" }),
      // What is left is no longer what was saved: it is continued by what the plan was made of.
      new RunOption("--plan <file>", "carry out exactly this saved plan, or refuse what has moved since", {
        continues: "never",
      }),
    ],
  } as const;
  addRunCommand(program, apply, done);
}
