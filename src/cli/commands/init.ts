import type { Command } from "commander";
import type { CommandOutput } from "../command-output.ts";

/** Adds `provision init` and `provision schema`; each command is loaded when it is called. */
export function addProjectCommands(program: Command, done: (code: number) => void): void {
  const show = ({ stdout, stderr, code }: CommandOutput): void => {
    process.stderr.write(stderr);
    process.stdout.write(stdout);
    done(code);
  };
  program
    .command("init <dir>")
    .description("a project of your own in a new folder: inventory, role, template, test, editor settings")
    .exitOverride()
    .action(async (dir: string) => {
      const { initCommand } = await import("../init.ts");
      show(initCommand(dir));
    });
  program
    .command("schema")
    .description(
      "the JSON Schema of inventories, for editors; with the roles of the current folder's project",
    )
    .option("-o, --out <file>", "write it there; a file is kept as it is where a role is wrong")
    .exitOverride()
    .action(async ({ out }: { readonly out?: string }) => {
      const { schemaCommand } = await import("../schema.ts");
      show(schemaCommand(process.cwd(), out));
    });
}
