import { type Command, Option } from "commander";
import type { Done } from "../command.ts";
import type { SecretsOptions } from "../secrets/values.ts";

/** Adds `provision secrets …`. */
export function addSecrets(program: Command, done: Done): void {
  const secrets = program
    .command("secrets")
    .description("passwords, keys and encrypted values: see them, change them, share them");
  withInventory(secrets.command("encrypt [name]"))
    .description("a value from standard input, as it goes into an inventory: name: !secret | …")
    .action(async (name: string | undefined, options: SecretsOptions) => {
      const { encryptCommand } = await import("../secrets/values.ts");
      done(await encryptCommand(name, options));
    });
  withInventory(secrets.command("decrypt [name]"))
    .description("the names of all secrets of an inventory, or the value of one")
    .action(async (name: string | undefined, options: SecretsOptions) => {
      const { decryptCommand } = await import("../secrets/values.ts");
      done(await decryptCommand(name, options));
    });
  withInventory(secrets.command("edit"))
    .description("all secrets of an inventory in $EDITOR; one that is removed is made anew by the next run")
    .action(async (options: SecretsOptions) => {
      const { editCommand } = await import("../secrets/edit.ts");
      done(await editCommand(options));
    });
  withInventory(secrets.command("rekey"))
    .description("encrypt them again, for all keys that secrets.recipients names now")
    .action(async (options: SecretsOptions) => {
      const { rekeyCommand } = await import("../secrets/values.ts");
      done(await rekeyCommand(options));
    });
  withInventory(secrets.command("recipients"))
    .description("your own public key, and with an inventory all that its secrets are encrypted for")
    .action(async (options: SecretsOptions) => {
      const { recipientsCommand } = await import("../secrets/values.ts");
      done(await recipientsCommand(options));
    });
}

function withInventory(command: Command): Command {
  const option = new Option("-i, --inventory <path>", "the inventory that they belong to")
    .argParser((path: string, before: readonly string[]) => [...before, path])
    .default([], "none");
  return command.addOption(option).exitOverride();
}
