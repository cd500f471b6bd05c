import type { Command } from "commander";
import type { Done } from "../command.ts";
import { addMoveCommand } from "../move/options.ts";

/** Adds `provision failover WHAT`. */
export function addFailover(program: Command, done: Done): void {
  addMoveCommand(program, "failover", "make a replica the primary, because the primary is dead", done).option(
    "--force",
    "promote it even if acknowledged writes may be lost",
  );
}
