import { type Command, Option } from "commander";
import type { Done } from "../command.ts";
import type { SecretsOptions } from "../secrets/values.ts";

/** Adds `provision secrets …`. */
export function addSecrets(program: Command, done: Done): void {
  const secrets = program
    .command("secrets")
    .description("show, change and share passwords, keys and encrypted values");
  withInventory(secrets.command("encrypt [name]"))
    .description("encrypt a value from standard input for an inventory: name: !secret | …")
    .action(async (name: string | undefined, options: SecretsOptions) => {
      const { encryptCommand } = await import("../secrets/values.ts");
      done(await encryptCommand(name, options));
    });
  withInventory(secrets.command("decrypt [name]"))
    .description("show the names of all secrets of an inventory, or the value of one")
    .action(async (name: string | undefined, options: SecretsOptions) => {
      const { decryptCommand } = await import("../secrets/values.ts");
      done(await decryptCommand(name, options));
    });
  withInventory(secrets.command("edit"))
    .description("edit all secrets of an inventory in $EDITOR; the next run recreates removed ones")
    .action(async (options: SecretsOptions) => {
      const { editCommand } = await import("../secrets/edit.ts");
      done(await editCommand(options));
    });
  withInventory(secrets.command("rekey"))
    .description("encrypt them again for the current keys in secrets.recipients")
    .action(async (options: SecretsOptions) => {
      const { rekeyCommand } = await import("../secrets/values.ts");
      done(await rekeyCommand(options));
    });
  withInventory(secrets.command("recipients"))
    .description("show your public key; with an inventory, all keys that can decrypt its secrets")
    .action(async (options: SecretsOptions) => {
      const { recipientsCommand } = await import("../secrets/values.ts");
      done(await recipientsCommand(options));
    });
}

function withInventory(command: Command): Command {
  const option = new Option("-i, --inventory <path>", "the inventory of the secrets")
    .argParser((path: string, before: readonly string[]) => [...before, path])
    .default([], "none");
  return command.addOption(option).exitOverride();
}
