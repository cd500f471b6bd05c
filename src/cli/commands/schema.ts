import type { Command } from "commander";
import { type Done, show } from "../command.ts";

/** Adds `provision schema`. */
export function addSchema(program: Command, done: Done): void {
  program
    .command("schema")
    .description(
      "the JSON Schema of inventories, for editors; with the roles of the current folder's project",
    )
    .option("-o, --out <file>", "write to this file; it does not change if a role has an error")
    .exitOverride()
    .action(async ({ out }: { readonly out?: string }) => {
      const { schemaCommand } = await import("../schema.ts");
      show(schemaCommand(process.cwd(), out), done);
    });
}
