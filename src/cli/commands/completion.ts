import { Argument, type Command } from "commander";
import type { Done } from "../command.ts";

const shells = ["bash", "zsh", "fish"] as const;

/** Adds `provision completion SHELL`. */
export function addCompletion(program: Command, done: Done): void {
  program
    .command("completion")
    .description("print a script for your shell that completes commands, options, hosts and groups")
    .addArgument(new Argument("<shell>", "which shell").choices(shells))
    .exitOverride()
    .action(async (shell: (typeof shells)[number]) => {
      process.stdout.write(await completionScript(program, shell));
      done(0);
    });
}

/** The script for a shell, with the commands and options of the program. */
async function completionScript(program: Command, shell: (typeof shells)[number]): Promise<string> {
  const { completedCommands } = await import("../completion/table.ts");
  const { roles } = await import("../../../roles/index.ts");
  const commands = completedCommands(program, [...roles.keys()]);
  switch (shell) {
    case "bash":
      return (await import("../completion/bash.ts")).bashCompletion(commands);
    case "zsh":
      return (await import("../completion/zsh.ts")).zshCompletion(commands);
    case "fish":
      return (await import("../completion/fish.ts")).fishCompletion(commands);
  }
}
