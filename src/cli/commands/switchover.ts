import type { Command } from "commander";
import type { Done } from "../command.ts";
import { addMoveCommand } from "../move/options.ts";

/** Adds `provision switchover WHAT`. */
export function addSwitchover(program: Command, done: Done): void {
  addMoveCommand(program, "switchover", "ask the leader of a database to hand over: nothing is lost", done);
}
