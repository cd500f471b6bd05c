import type { Command } from "commander";
import type { Done } from "../command.ts";
import { addRunCommand } from "../run/options.ts";

/** Adds `provision check`. */
export function addCheck(program: Command, done: Done): void {
  const check = {
    name: "check",
    summary: "find drift: who left the desired state, the host or the inventory? exit 2",
    prune: "plan the removal of what no role wants any more",
    formats: ["pretty", "plain", "json", "nagios"],
  } as const;
  addRunCommand(program, check, done);
}
