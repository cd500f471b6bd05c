import { type Command, Option } from "commander";
import { type Done, withInventory } from "../command.ts";

/** Adds `provision lab up | down | status | off | on | ssh`. */
export function addLab(program: Command, done: Done): void {
  const lab = program
    .command("lab")
    .description("test hosts on this machine: real systemd, real sshd")
    .enablePositionalOptions();
  const add = (command: Command, name: "up" | "down" | "status"): void => {
    command.exitOverride().action(async (options) => {
      const { labCommand } = await import("../lab/lab-command.ts");
      done(await labCommand(name, options));
    });
  };
  add(
    withInventory(lab.command("up").description("create exactly the inventory's hosts")).addOption(driver()),
    "up",
  );
  add(lab.command("down").description("stop the hosts and remove every trace, also of a killed run"), "down");
  add(lab.command("status").description("show which hosts run"), "status");
  const power = (state: "off" | "on", summary: string): void => {
    lab
      .command(`${state} <host>`)
      .description(summary)
      .exitOverride()
      .action(async (host: string) => {
        const { labPower } = await import("../lab/lab.ts");
        done(await labPower(host, state));
      });
  };
  power("off", "cut the power of a host: no shutdown; its files stay");
  power("on", "boot a host that is off");
  lab
    .command("ssh <host> [command...]")
    .description("log in to a host, or run a command there")
    .exitOverride()
    .passThroughOptions()
    .action(async (host: string, words: string[]) => {
      const { labSsh } = await import("../lab/lab.ts");
      done(await labSsh(host, words));
    });
}

const driver = (): Option =>
  new Option(
    "--driver <name>",
    "nspawn (containers on this machine: Linux, root) or vagrant; default: the driver of the existing lab",
  ).choices(["nspawn", "vagrant"]);
