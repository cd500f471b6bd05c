import { type Command, Option } from "commander";
import { count, type Done, list, rejectedLimit, withInventory } from "../command.ts";

/** Adds `provision drill`. */
export function addDrill(program: Command, done: Done): void {
  withInventory(
    program
      .command("drill")
      .description("break each redundant part under load, one after another: nothing may be lost"),
    rejectedLimit(),
  )
    .showHelpAfterError("(see provision drill --help)")
    .option("--list", "show the faults and what each would hit; break nothing")
    .option("-y, --yes", "do not ask before the first fault")
    .option(
      "--only <names>",
      "only faults of these services, roles, tiers or groups of hosts, separated by commas",
      list,
    )
    .option(
      "--fault <names>",
      "only these faults, such as frozen or 'leader killed', separated by commas",
      list,
    )
    .option("--rounds <n>", "how often each fault happens", count, 1)
    .option("--seed <n>", "order, victims and moments follow from it; default: a random one", count)
    .option("--rate <n>", "reads in a second; other requests in proportion", count, 20)
    .option("--patience <seconds>", "seconds in which all must be well again after a fault", count, 300)
    .option("--beyond", "also lose all members of a service at once: it must come back and lose nothing")
    .option("--report <file>", "write an HTML page with a timeline")
    .addOption(new Option("-o, --output <format>", "output format").choices(["pretty", "plain", "json"]))
    .option("-K, --ask-become-pass", "read the sudo password from the terminal, or from standard input")
    .addOption(
      new Option("--transport <name>", "how to reach hosts")
        .choices(["auto", "ssh", "openssh"])
        .default("auto"),
    )
    .action(async (options) => {
      const { drillCommand } = await import("../drill/drill-command.ts");
      done(await drillCommand(options));
    });
}
