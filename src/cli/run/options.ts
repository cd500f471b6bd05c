import type { Command as Program } from "commander";
import type { Command } from "../../model/summary.ts";
import { count, type Done, list, withInventory } from "../command.ts";
import { persistentOptions, RunOption } from "./run-option.ts";

/** One of apply, plan and check. */
export interface RunCommand {
  readonly name: Command;
  readonly summary: string;
  /** The description of `--prune`. */
  readonly prune: string;
  /** The choices of `--output`. */
  readonly formats: readonly string[];
  /** Options of this command only. */
  readonly options?: readonly RunOption[];
}

/** Adds apply, plan or check to the program; apply is the default command. */
export function addRunCommand(program: Program, run: RunCommand, done: Done): void {
  const { name, summary, options = [] } = run;
  const command = withInventory(
    program.command(name, { isDefault: name === "apply" }).description(summary),
  ).showHelpAfterError(`(see provision ${name} --help)`);
  for (const option of [...commonOptions(run), ...options]) command.addOption(option);
  command.action(async (given) => {
    const { runCommand } = await import("./run-command.ts");
    done(await runCommand(name, given, persistentOptions(command)));
  });
}

/** In the order in which `--help` shows them. */
const commonOptions = (run: RunCommand): readonly RunOption[] => [
  ...scopeOptions(),
  ...detailOptions(run),
  ...reachOptions(),
  ...moreOptions(run),
];

const scopeOptions = (): readonly RunOption[] => [
  new RunOption("--roles <names>", "only these roles, separated by commas", {
    resume: "same",
    saved: "always",
  }).argParser(list),
  new RunOption("-f, --forks <n>", "how many hosts at the same time", {
    resume: "same",
    saved: "by default",
  })
    .argParser(count)
    .default(25),
];

const detailOptions = ({ formats }: RunCommand): readonly RunOption[] => [
  new RunOption("-D, --diff", "show what changes inside files", { resume: "same" }),
  new RunOption("-o, --output <format>", "output format; default: pretty on a terminal, else plain", {
    resume: "same",
  }).choices(formats),
  new RunOption("-v, --verbose", "more detail; twice for all details", {
    resume: (value) => Array<string>(Number(value)).fill("-v"),
  })
    .argParser((_, before: number) => before + 1)
    .default(0),
];

const reachOptions = (): readonly RunOption[] => [
  new RunOption("-K, --ask-become-pass", "read the sudo password from the terminal, or from standard input", {
    resume: "same",
    saved: "by default",
  }),
  new RunOption("--accept-new-host-keys", "trust the key of a host that known_hosts does not know yet", {
    resume: "same",
  }),
  new RunOption("--transport <name>", "how to reach hosts", { resume: "same", saved: "by default" })
    .choices(["auto", "ssh", "openssh"])
    .default("auto"),
  new RunOption("--timeout <seconds>", "deadline of a login", {
    resume: "same",
    saved: "by default",
  })
    .argParser(count)
    .default(20),
];

const moreOptions = ({ prune }: RunCommand): readonly RunOption[] => [
  new RunOption("--prune", prune, { resume: "same", saved: "always" }),
  // The page of the resumed run would replace this one.
  new RunOption("--report <file>", "write an HTML page: what the run did, its timeline, and the stack", {
    resume: "never",
  }),
  new RunOption("--no-color", "no colours", { resume: "same" }),
];
