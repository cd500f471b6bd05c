import { type Command, Option } from "commander";
import { type Done, show, withInventory } from "../command.ts";

/** Adds `provision inventory`. */
export function addInventory(program: Command, done: Done): void {
  withInventory(program.command("inventory").description("show what was read from the inventory"))
    .addOption(new Option("--list", "all hosts and groups, as JSON").conflicts(["graph", "host"]))
    .addOption(new Option("--graph", "groups and hosts, as a tree").conflicts(["host"]))
    .option("--host <host>", "the variables of one host, as JSON")
    .action(async (options) => {
      const { inventoryCommand } = await import("../inventory.ts");
      show(inventoryCommand(options), done);
    });
}
