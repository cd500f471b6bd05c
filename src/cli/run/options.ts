import type { Command as Program } from "commander";
import type { Command } from "../../model/event.ts";
import { count, list } from "../shared-options.ts";
import { RunOption } from "./continuing.ts";

/** What `--prune` does. */
const pruning: Readonly<Record<Command, string>> = {
  apply: "remove what no role wants any more",
  plan: "plan the removal of what no role wants any more",
  check: "plan the removal of what no role wants any more",
};

/** Adds the options of apply, plan and check; those that name the inventory are there already. */
export function addRunOptions(program: Program, name: Command): void {
  const formats = name === "check" ? ["pretty", "plain", "json", "nagios"] : ["pretty", "plain", "json"];
  const level = (value: unknown): readonly string[] => Array<string>(Number(value)).fill("-v");
  const options = [
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
    new RunOption("-D, --diff", "show what changes inside files", { continues: "same" }),
    new RunOption("-o, --output <format>", "how to report; pretty on a terminal, else plain", {
      continues: "same",
    }).choices(formats),
    new RunOption("-v, --verbose", "more detail; twice for all of it", { continues: level })
      .argParser((_, before: number) => before + 1)
      .default(0),
    new RunOption(
      "-K, --ask-become-pass",
      "read the sudo password from the terminal, or from standard input",
      {
        continues: "same",
        saved: "by default",
      },
    ),
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
    new RunOption("--prune", pruning[name], { continues: "same", saved: "always" }),
    // It would take the place of the page of the run that is continued.
    new RunOption("--report <file>", "write a page, .html: what the run did, its timeline, and the stack", {
      continues: "never",
    }),
    new RunOption("--no-color", "no colours", { continues: "same" }),
    ...(name === "apply" ? applyOptions() : []),
    ...(name === "plan" ? planOptions() : []),
  ];
  for (const option of options) program.addOption(option);
}

const applyOptions = (): readonly RunOption[] => [
  new RunOption("--force", "carry out a plan that the guard finds dangerous", { continues: "same" }),
  // What is left is no longer what was saved: it is continued by what the plan was made of.
  new RunOption("--plan <file>", "carry out exactly this saved plan, or refuse what has moved since", {
    continues: "never",
  }),
];

const planOptions = (): readonly RunOption[] => [
  // A plan of the hosts that are left would take the place of the whole one.
  new RunOption("--out <file>", "save the plan for `apply --plan`", { continues: "never" }),
];
