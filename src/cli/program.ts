import { existsSync } from "node:fs";
import { Command, Option } from "commander";
import { nearest } from "../model/nearest.ts";
import { addCompletionCommand } from "./commands/completion.ts";
import { addDiagramCommand } from "./commands/diagram.ts";
import { addProjectCommands } from "./commands/init.ts";
import { addSecretsCommand } from "./commands/secrets.ts";
import { examples } from "./examples.ts";
import type { MoveOptions, RunOptions } from "./options.ts";
import { packageVersion } from "./package.ts";
import { lastingOf } from "./run/continuing.ts";
import { addRunOptions } from "./run/options.ts";
import { count, unlimited, withInventory } from "./shared-options.ts";

/** The whole command line. Every command is loaded when it is called; `done` is told the exit code. */
export function buildProgram(done: (code: number) => void): Command {
  const program = new Command("provision")
    .description("Builds and keeps a redundant web stack over SSH, from one inventory.")
    .version(packageVersion(), "-V, --version")
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", examples)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, "provision:")) })
    .enablePositionalOptions()
    .exitOverride();
  addRunCommand(program, "apply", "make every host what the inventory says (the default)", done);
  addRunCommand(program, "plan", "show what would change; touch nothing; exit 2 if anything would", done);
  addRunCommand(
    program,
    "check",
    "find drift: who left the desired state, the host or the inventory? exit 2",
    done,
  );
  addMoveCommand(program, "switchover", "move the primary of a database, planned: nothing is lost", done);
  addMoveCommand(program, "failover", "make a replica the primary, because the primary is dead", done);
  addExplainCommand(program, done);
  addDiagramCommand(program, done);
  addInventoryCommand(program, done);
  addLabCommand(program, done);
  addSecretsCommand(program, done);
  addCompletionCommand(program, done);
  addProjectCommands(program, done);
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

function addRunCommand(
  program: Command,
  name: "apply" | "plan" | "check",
  summary: string,
  done: (code: number) => void,
): void {
  const command = withInventory(
    program.command(name, { isDefault: name === "apply" }).description(summary),
  ).showHelpAfterError(`(see provision ${name} --help)`);
  addRunOptions(command, name);
  command.action(async (options: RunOptions) => {
    const { runCommand } = await import("./run/run-command.ts");
    done(await runCommand(name, options, lastingOf(command)));
  });
}

function addMoveCommand(
  program: Command,
  kind: "switchover" | "failover",
  summary: string,
  done: (code: number) => void,
): void {
  const command = withInventory(program.command(`${kind} <what>`).description(summary), unlimited())
    .showHelpAfterError(`(see provision ${kind} --help)`)
    .option("--to <host>", "this member; else the one that has most")
    .addOption(new Option("-o, --output <format>", "how to report").choices(["plain", "json"]))
    .option("-K, --ask-become-pass", "read the sudo password from the terminal, or from standard input")
    .addOption(
      new Option("--transport <name>", "how to reach hosts")
        .choices(["auto", "ssh", "openssh"])
        .default("auto"),
    )
    .option("--timeout <seconds>", "how long a login may take", count, 20);
  if (kind === "failover") command.option("--force", "though writes that were acknowledged may be lost");
  command.action(async (what: string, options: MoveOptions) => {
    const { moveCommand } = await import("./move/move-command.ts");
    done(await moveCommand(kind, what, options));
  });
}

function addExplainCommand(program: Command, done: (code: number) => void): void {
  const summary = "the redundancy of every tier in words, and every single point of failure; exit 2 if any";
  withInventory(program.command("explain").description(summary), unlimited())
    .addOption(
      new Option("-o, --output <format>", "how to report; pretty wraps to the terminal").choices([
        "pretty",
        "plain",
        "json",
      ]),
    )
    .option("--no-color", "no colours")
    .action(async (options) => {
      const { explainCommand } = await import("./explain.ts");
      const { terminalColumns, wantsColor } = await import("./terminal.ts");
      const view = { columns: terminalColumns(), color: wantsColor(options) };
      const { stdout, stderr, code } = explainCommand({ ...options, ...view });
      process.stderr.write(stderr);
      process.stdout.write(stdout);
      done(code);
    });
}

function addInventoryCommand(program: Command, done: (code: number) => void): void {
  withInventory(program.command("inventory").description("show what was read from the inventory"))
    .addOption(new Option("--list", "all hosts and groups, as JSON").conflicts(["graph", "host"]))
    .addOption(new Option("--graph", "groups and hosts, as a tree").conflicts(["host"]))
    .option("--host <host>", "the variables of one host, as JSON")
    .action(async (options) => {
      const { inventoryCommand } = await import("./inventory.ts");
      const { stdout, stderr, code } = inventoryCommand(options);
      process.stdout.write(stdout);
      process.stderr.write(stderr);
      done(code);
    });
}

function addLabCommand(program: Command, done: (code: number) => void): void {
  const lab = program
    .command("lab")
    .description("test hosts on this machine: real systemd, real sshd")
    .enablePositionalOptions();
  const add = (command: Command, name: "up" | "down" | "status"): void => {
    command.exitOverride().action(async (options) => {
      const { labCommand } = await import("./lab/lab-command.ts");
      done(await labCommand(name, options));
    });
  };
  const up = withInventory(lab.command("up").description("make the lab hold exactly the inventory's hosts"));
  const drivers = ["nspawn", "vagrant"];
  up.addOption(
    new Option(
      "--driver <name>",
      "who makes the hosts: nspawn, containers of this machine (Linux, root), or vagrant; else who made those there are",
    ).choices(drivers),
  );
  add(up, "up");
  add(lab.command("down").description("stop them and remove every trace, also of a run that died"), "down");
  add(lab.command("status").description("which hosts run"), "status");
  lab
    .command("ssh <host> [command...]")
    .description("log in to a host, or run a command there")
    .exitOverride()
    .passThroughOptions()
    .action(async (host: string, words: string[]) => {
      const { labSshCommand } = await import("./lab/lab-command.ts");
      done(await labSshCommand(host, words));
    });
}
