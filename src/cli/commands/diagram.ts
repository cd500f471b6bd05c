import { type Command, Option } from "commander";
import { count, type Done, type ReachOptions, rejectedLimit, show, withInventory } from "../command.ts";
import type { DiagramOptions } from "../diagram.ts";

interface Given extends Omit<DiagramOptions, "live">, ReachOptions {
  readonly live?: boolean;
}

const drawings = new Option("--format <name>", "default: by the ending of the file, else mmd").choices([
  "svg",
  "html",
  "mmd",
]);

const transports = new Option("--transport <name>", "--live: how to reach hosts")
  .choices(["auto", "ssh", "openssh"])
  .default("auto");

/** The text below the options in `provision diagram --help`. */
const codes = `
Exit codes: 0 drawn · 3 bad input, nothing was contacted. With --live as check: 2 some host differs ·
            4 some host is unreachable · 1 some host failed. The picture is drawn in each case`;

/** Adds `provision diagram`. */
export function addDiagram(program: Command, done: Done): void {
  const command = program.command("diagram").description("draw the stack: Mermaid, SVG or HTML");
  withInventory(command, rejectedLimit())
    .option("-o, --out <file>", "write .svg, .html or .mmd; without it, standard output")
    .addOption(drawings)
    .option(
      "--live",
      "show the state of the hosts too: drift, leader, VIP holder, replication lag, who is unreachable",
    )
    .option("-f, --forks <n>", "--live: how many hosts at the same time", count, 25)
    .option("-K, --ask-become-pass", "--live: read the sudo password from the terminal, or standard input")
    .option("--accept-new-host-keys", "--live: trust the key of a host that known_hosts does not know yet")
    .addOption(transports)
    .option("--timeout <seconds>", "--live: deadline of a login", count, 20)
    .addHelpText("after", codes)
    .action(async ({ live, ...options }: Given) => {
      const { diagramCommand } = await import("../diagram.ts");
      show(await diagramCommand(live === true ? { ...options, live: options } : options), done);
    });
}
