import { existsSync } from "node:fs";
import { Command } from "commander";
import { nearest } from "../base/nearest.ts";
import type { Done } from "./command.ts";
import { addApply } from "./commands/apply.ts";
import { addCheck } from "./commands/check.ts";
import { addCompletion } from "./commands/completion.ts";
import { addDiagram } from "./commands/diagram.ts";
import { addDrill } from "./commands/drill.ts";
import { addExplain } from "./commands/explain.ts";
import { addFailover } from "./commands/failover.ts";
import { addInit } from "./commands/init.ts";
import { addInventory } from "./commands/inventory.ts";
import { addLab } from "./commands/lab.ts";
import { addPlan } from "./commands/plan.ts";
import { addSchema } from "./commands/schema.ts";
import { addSecrets } from "./commands/secrets.ts";
import { addSwitchover } from "./commands/switchover.ts";
import { packageVersion } from "./package.ts";

/** Each adds one command, in the order of `--help`. The code behind a command loads when the command runs. */
const commands: readonly ((program: Command, done: Done) => void)[] = [
  addApply,
  addPlan,
  addCheck,
  addSwitchover,
  addFailover,
  addDrill,
  addExplain,
  addDiagram,
  addInventory,
  addLab,
  addSecrets,
  addCompletion,
  addInit,
  addSchema,
];

/** The text below the options in `provision --help`. */
const examples = `
The options most used with apply, plan and check (all of them: provision apply --help):
  -i, --inventory <path>   an inventory file or folder
  -l, --limit <pattern>    only these hosts
  -D, --diff               show what changes inside files
  -o, --output <format>    pretty, plain or json; check: also nagios

Examples:
  provision --inventory inventories/lab.yml      make every host what the inventory says
  provision -i prod.yml --report run.html        the same, and writes a page of the run with a timeline
  provision plan -i prod.yml --diff              what would change, with diffs; nothing is touched
  provision check -i prod.yml -l web             drift: what changed on the hosts, what in the inventory
  provision explain -i prod.yml                  the redundancy of every tier; single points of failure
  provision drill -i inventories/lab.yml         break each redundant part under load; nothing may be lost
  provision diagram -i prod.yml -o stack.svg     the stack, drawn (.svg, .html, .mmd)
  provision diagram -i prod.yml --live -o stack.html   a page that also shows the state of every host
  provision inventory -i prod.yml --graph        the groups and hosts, as a tree
  provision lab up -i inventories/lab.yml        test hosts on this machine
  provision init my-stack                        a new project of your own

Exit codes: 0 nothing to do, or all done · 1 something failed · 2 plan or check found changes, explain a flaw
            3 bad input, nothing was contacted · 4 some hosts unreachable, the rest done`;

/** The whole command line; `done` receives the exit code of the command. */
export function buildProgram(done: Done): Command {
  const program = new Command("provision")
    .description("Builds and keeps a redundant web stack over SSH, from one inventory.")
    .version(packageVersion(), "-V, --version")
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", examples)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, "provision:")) })
    .enablePositionalOptions()
    .exitOverride();
  for (const add of commands) add(program, done);
  return program;
}

/** The error for a first word that is neither a command nor an option; also after `help`. `undefined`: no error. */
export function unknownCommand(program: Command, [first, ...more]: readonly string[]): string | undefined {
  const names = ["help", ...program.commands.map((command) => command.name())];
  const word = first === "help" ? more[0] : first;
  if (word === undefined || word.startsWith("-") || names.includes(word)) return undefined;
  if (existsSync(word))
    return `there is no command \`${word}\`; for an inventory, write: provision -i ${word}`;
  const suggestion = nearest(word, names);
  const hint =
    suggestion === undefined ? `the commands are ${names.join(", ")}` : `did you mean \`${suggestion}\`?`;
  return `there is no command \`${word}\`; ${hint}`;
}
