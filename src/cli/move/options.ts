import { type Command, Option } from "commander";
import { count, type Done, rejectedLimit, withInventory } from "../command.ts";

/** Adds switchover or failover to the program. */
export function addMoveCommand(
  program: Command,
  kind: "switchover" | "failover",
  summary: string,
  done: Done,
): Command {
  return withInventory(program.command(`${kind} <what>`).description(summary), rejectedLimit())
    .showHelpAfterError(`(see provision ${kind} --help)`)
    .option("--to <host>", "the new leader; default of a switchover: a member that has every write")
    .addOption(new Option("-o, --output <format>", "output format").choices(["plain", "json"]))
    .option("-K, --ask-become-pass", "read the sudo password from the terminal, or from standard input")
    .addOption(
      new Option("--transport <name>", "how to reach hosts")
        .choices(["auto", "ssh", "openssh"])
        .default("auto"),
    )
    .option("--timeout <seconds>", "deadline of a login", count, 20)
    .action(async (what: string, options) => {
      const { moveCommand } = await import("./move-command.ts");
      done(await moveCommand(kind, what, options));
    });
}
