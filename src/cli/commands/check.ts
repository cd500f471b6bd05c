import type { Command } from "commander";
import type { Done } from "../command.ts";
import { addRunCommand } from "../run/options.ts";

/** Adds `provision check`. */
export function addCheck(program: Command, done: Done): void {
  const check = {
    name: "check",
    summary: "find drift: what changed on the hosts, what in the inventory; exit 2 if anything",
    prune: "plan to remove resources that no role declares",
    formats: ["pretty", "plain", "json", "nagios"],
  } as const;
  addRunCommand(program, check, done);
}
