import { existsSync } from "node:fs";
import { Command } from "commander";
import { nearest } from "../base/nearest.ts";
import type { Done } from "./command.ts";
import { addApply } from "./commands/apply.ts";
import { addCheck } from "./commands/check.ts";
import { addCompletion } from "./commands/completion.ts";
import { addDiagram } from "./commands/diagram.ts";
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

/** Each adds one command, in the order in which `--help` shows them. What a command does is loaded when it is called. */
const commands: readonly ((program: Command, done: Done) => void)[] = [
  addApply,
  addPlan,
  addCheck,
  addSwitchover,
  addFailover,
  addExplain,
  addDiagram,
  addInventory,
  addLab,
  addSecrets,
  addCompletion,
  addInit,
  addSchema,
];

/** What `provision --help` shows below its options. */
const examples = `
The options most used with apply, plan and check (all of them: provision apply --help):
  -i, --inventory <path>   an inventory file or folder
  -l, --limit <pattern>    only these hosts
  -D, --diff               show what changes inside files
  -o, --output <format>    pretty, plain or json; check: also nagios

Examples:
  provision --inventory inventories/lab.yml      make every host what the inventory says
  provision -i prod.yml --report run.html        the same, and leaves a page of what it did, with a timeline
  provision plan -i prod.yml --diff              what would change, with diffs; nothing is touched
  provision check -i prod.yml -l web             who left the desired state: the host or the inventory?
  provision explain -i prod.yml                  how every tier is redundant; single points of failure
  provision diagram -i prod.yml -o stack.svg     the stack, drawn (.svg, .html, .mmd)
  provision diagram -i prod.yml --live -o stack.html   the same page with what is seen on every host
  provision inventory -i prod.yml --graph        what was read, as a tree
  provision lab up -i inventories/lab.yml        test hosts on this machine
  provision init my-stack                        a project of your own, ready to be started here

Exit codes: 0 nothing to do, or all done · 1 something failed · 2 plan or check found changes, explain a flaw
            3 bad input, nothing was contacted · 4 some hosts unreachable, the rest done`;

/** The whole command line; `done` is told the exit code of the command that was called. */
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

/** What is wrong with a first word that is neither a command nor an option; `undefined`: nothing. Also behind `help`. */
export function unknownCommand(program: Command, [first, ...more]: readonly string[]): string | undefined {
  const names = ["help", ...program.commands.map((command) => command.name())];
  const word = first === "help" ? more[0] : first;
  if (word === undefined || word.startsWith("-") || names.includes(word)) return undefined;
  if (existsSync(word))
    return `there is no command \`${word}\`; for an inventory, write: provision -i ${word}`;
  const meant = nearest(word, names);
  const hint = meant === undefined ? `the commands are ${names.join(", ")}` : `did you mean \`${meant}\`?`;
  return `there is no command \`${word}\`; ${hint}`;
}
