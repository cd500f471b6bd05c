import { diagnostic } from "../base/diagnostic.ts";
import { configuredInventories } from "../inventory/ansible-config/ansible-config.ts";
import type { Diagnostic } from "../model/source.ts";
import { quote } from "../script/script.ts";

/**
 * The error for a command without `-i`. It names the inventory of Ansible's settings, but the command does not use it:
 * the current folder must not decide which hosts a run changes. `hint`: the command line to write otherwise.
 */
export function noInventory(hint: string, cwd = process.cwd()): Diagnostic {
  const configured = configuredInventories(cwd, process.env);
  if (configured.length === 0) return diagnostic("error", "no inventory was given", undefined, hint);
  const options = configured.map((path) => `-i ${quote(path)}`).join(" ");
  return diagnostic("error", "no inventory was given", undefined, `Ansible's settings name one: ${options}`);
}
