import { diagnostic } from "../base/diagnostic.ts";
import { configuredInventories } from "../inventory/ansible-config/ansible-config.ts";
import type { Diagnostic } from "../model/source.ts";
import { quote } from "../script/script.ts";

/**
 * Said where no `-i` was given. Ansible would take the inventory that its settings name: it is named, never taken, as what a
 * run works on is no matter of the folder it is started in. `hint`: what else to write.
 */
export function noInventory(hint: string, cwd = process.cwd()): Diagnostic {
  const named = configuredInventories(cwd, process.env);
  if (named.length === 0) return diagnostic("error", "no inventory was given", undefined, hint);
  const options = named.map((path) => `-i ${quote(path)}`).join(" ");
  return diagnostic("error", "no inventory was given", undefined, `Ansible's settings name one: ${options}`);
}
