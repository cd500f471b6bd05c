import type { Command } from "commander";
import { type Done, show } from "../command.ts";

/** Adds `provision init DIR`. */
export function addInit(program: Command, done: Done): void {
  program
    .command("init <dir>")
    .description("create a project in a new folder: inventory, role, template, test, editor settings")
    .exitOverride()
    .action(async (dir: string) => {
      const { initCommand } = await import("../init.ts");
      show(initCommand(dir), done);
    });
}
