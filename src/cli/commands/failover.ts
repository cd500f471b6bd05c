import type { Command } from "commander";
import type { Done } from "../command.ts";
import { addMoveCommand } from "../move/options.ts";

/** Adds `provision failover WHAT`. */
export function addFailover(program: Command, done: Done): void {
  addMoveCommand(
    program,
    "failover",
    "let a database go on without a member that will not come back",
    done,
  ).option("--force", "let the host of --to lead, even if acknowledged writes are lost");
}
