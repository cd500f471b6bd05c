import type { Command as Program } from "commander";
import type { Command } from "../../model/summary.ts";
import { count, type Done, list, withInventory } from "../command.ts";
import { lastingOf, RunOption } from "./continuing.ts";

/** One of apply, plan and check. */
export interface RunCommand {
  readonly name: Command;
  readonly summary: string;
  /** What `--prune` does. */
  readonly prune: string;
  /** What `--output` may be. */
  readonly formats: readonly string[];
  /** Options that the others do not have. */
  readonly options?: readonly RunOption[];
}

/** Adds one of apply, plan and check to the program; apply is the command that is meant where none is named. */
export function addRunCommand(program: Program, run: RunCommand, done: Done): void {
  const { name, summary, options = [] } = run;
  const command = withInventory(
    program.command(name, { isDefault: name === "apply" }).description(summary),
  ).showHelpAfterError(`(see provision ${name} --help)`);
  for (const option of [...optionsOfAll(run), ...options]) command.addOption(option);
  command.action(async (given) => {
    const { runCommand } = await import("./run-command.ts");
    done(await runCommand(name, given, lastingOf(command)));
  });
}

/** In the order in which `--help` shows them. */
const optionsOfAll = (run: RunCommand): readonly RunOption[] => [
  ...scopeOptions(),
  ...detailOptions(run),
  ...reachOptions(),
  ...moreOptions(run),
];

const scopeOptions = (): readonly RunOption[] => [
  new RunOption("--roles <names>", "only these roles, separated by commas", {
    continues: "same",
    saved: "always",
  }).argParser(list),
  new RunOption("-f, --forks <n>", "how many hosts at the same time", {
    continues: "same",
    saved: "by default",
  })
    .argParser(count)
    .default(25),
];

const detailOptions = ({ formats }: RunCommand): readonly RunOption[] => [
  new RunOption("-D, --diff", "show what changes inside files", { continues: "same" }),
  new RunOption("-o, --output <format>", "how to report; pretty on a terminal, else plain", {
    continues: "same",
  }).choices(formats),
  new RunOption("-v, --verbose", "more detail; twice for all of it", {
    continues: (value) => Array<string>(Number(value)).fill("-v"),
  })
    .argParser((_, before: number) => before + 1)
    .default(0),
];

const reachOptions = (): readonly RunOption[] => [
  new RunOption("-K, --ask-become-pass", "read the sudo password from the terminal, or from standard input", {
    continues: "same",
    saved: "by default",
  }),
  new RunOption("--accept-new-host-keys", "trust the key of a host that known_hosts does not know yet", {
    continues: "same",
  }),
  new RunOption("--transport <name>", "how to reach hosts", { continues: "same", saved: "by default" })
    .choices(["auto", "ssh", "openssh"])
    .default("auto"),
  new RunOption("--timeout <seconds>", "how long a login may take", {
    continues: "same",
    saved: "by default",
  })
    .argParser(count)
    .default(20),
];

const moreOptions = ({ prune }: RunCommand): readonly RunOption[] => [
  new RunOption("--prune", prune, { continues: "same", saved: "always" }),
  // It would take the place of the page of the run that is continued.
  new RunOption("--report <file>", "write a page, .html: what the run did, its timeline, and the stack", {
    continues: "never",
  }),
  new RunOption("--no-color", "no colours", { continues: "same" }),
];
