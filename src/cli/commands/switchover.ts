import type { Command } from "commander";
import type { Done } from "../command.ts";
import { addMoveCommand } from "../move/options.ts";

/** Adds `provision switchover WHAT`. */
export function addSwitchover(program: Command, done: Done): void {
  addMoveCommand(program, "switchover", "move the primary of a database, planned: nothing is lost", done);
}
