import { type Command, Option } from "commander";
import { type Done, rejectedLimit, show, withInventory } from "../command.ts";

/** Adds `provision explain`. */
export function addExplain(program: Command, done: Done): void {
  const summary = "the redundancy of every tier in words, and every single point of failure; exit 2 if any";
  withInventory(program.command("explain").description(summary), rejectedLimit())
    .addOption(
      new Option("-o, --output <format>", "output format; pretty wraps to the terminal").choices([
        "pretty",
        "plain",
        "json",
      ]),
    )
    .option("--measured <file>", "also what a drill has measured: the output of provision drill -o json")
    .option("--no-color", "no colours")
    .action(async (options) => {
      const { explainCommand } = await import("../explain.ts");
      const { terminalColumns, wantsColor } = await import("../terminal.ts");
      const view = { columns: terminalColumns(), color: wantsColor(options) };
      show(explainCommand({ ...options, ...view }), done);
    });
}
