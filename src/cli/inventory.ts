import { diagnostic, didYouMean } from "../base/diagnostic.ts";
import { nearest } from "../base/nearest.ts";
import { err, ok, type Result } from "../base/result.ts";
import { resolveInventory } from "../inventory/read.ts";
import { selectHosts } from "../inventory/resolve/limit.ts";
import { graph, type HostFilter, hostVariables, inventoryTree } from "../inventory/resolve/listing.ts";
import { type RawInventory, readRaw } from "../inventory/resolve/precedence.ts";
import { toJsonText } from "../inventory/resolve/print.ts";
import type { Diagnostic } from "../model/source.ts";
import { badInput } from "../report/exit-code.ts";
import { newValueDecrypter } from "../secrets/decrypt-values.ts";
import type { InventoryOptions } from "./command.ts";
import { type CommandOutput, diagnosticsText } from "./command-output.ts";
import { noInventory } from "./no-inventory.ts";
import { refusal } from "./refusal.ts";

/** Options of `provision inventory`; the default is the list. */
export interface InventoryCommandOptions extends InventoryOptions {
  readonly list?: boolean;
  readonly graph?: boolean;
  /** The variables of this host only. */
  readonly host?: string;
  /** Base of relative paths; by default the current folder. */
  readonly cwd?: string;
}

/**
 * The inventory in the layout of `ansible-inventory`: values as written, templates not resolved. Code 0; 3 if the
 * inventory has errors. References that cannot be resolved do not hide the output, because it helps to find them.
 */
export function inventoryCommand(options: InventoryCommandOptions): CommandOutput {
  if (options.inventory.length === 0) {
    return refusal([noInventory("provision inventory -i prod.yml --list", options.cwd)]);
  }
  const { unlock } = newValueDecrypter(process.env);
  const { extraVars, limit, cwd = process.cwd() } = options;
  const settings = { extraVars, limit, cwd, unlock };
  const reading = readRaw(options.inventory, settings);
  const resolved = resolveInventory(reading, settings);
  const problems = resolved.ok ? resolved.value.warnings : resolved.error;
  if (reading.problems.some(({ severity }) => severity === "error")) return refusal(problems);
  const filter = hostFilter(reading.raw, limit);
  if (!filter.ok) return refusal([filter.error]);
  const shown = show(reading.raw, filter.value, options);
  if (!shown.ok) return refusal([shown.error]);
  return { stdout: `${shown.value}\n`, stderr: diagnosticsText(problems), code: resolved.ok ? 0 : badInput };
}

function hostFilter(raw: RawInventory, limit: string | undefined): Result<HostFilter, Diagnostic> {
  if (limit === undefined) return ok(() => true);
  const selected = selectHosts(raw.tree, limit);
  if (!selected.ok) return selected;
  const names = new Set(selected.value);
  return ok((host) => names.has(host));
}

function show(
  raw: RawInventory,
  shows: HostFilter,
  options: InventoryCommandOptions,
): Result<string, Diagnostic> {
  if (options.graph === true) return ok(graph(raw, shows));
  if (options.host === undefined) return ok(toJsonText(inventoryTree(raw, shows)));
  if (raw.tree.hosts.has(options.host)) return ok(toJsonText(hostVariables(raw.vars.get(options.host))));
  const hint = didYouMean(nearest(options.host, raw.tree.hosts.keys()));
  return err(diagnostic("error", `there is no host \`${options.host}\``, undefined, hint));
}
