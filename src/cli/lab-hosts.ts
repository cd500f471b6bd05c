import { isIPv4 } from "node:net";
import { formatDiagnostic } from "../inventory/diagnostic.ts";
import { selectHosts } from "../inventory/limit.ts";
import { readInventory } from "../inventory/read.ts";
import type { LabHost } from "../lab/driver.ts";
import type { Host } from "../model/inventory.ts";
import type { Json } from "../model/json.ts";
import { err, ok, type Result } from "../model/result.ts";
import type { Diagnostic } from "../model/source.ts";
import { labDown, labSsh, labStatus, labUp } from "./lab.ts";
import type { InventoryOptions } from "./options.ts";

/** Exit code for bad input: nothing was started. */
const badInput = 3;

/** `provision lab up | down | status`. Only `up` needs the inventory: a lab knows the hosts it has. */
export async function labCommand(name: "up" | "down" | "status", options: InventoryOptions): Promise<number> {
  if (name === "down") return labDown();
  if (name === "status") return labStatus();
  const hosts = labHosts(options);
  if (hosts.ok) return labUp(hosts.value);
  for (const problem of hosts.error) process.stderr.write(`${formatDiagnostic(problem)}\n`);
  return badInput;
}

/** `provision lab ssh NAME [COMMAND…]`. */
export async function labSshCommand(host: string, words: readonly string[]): Promise<number> {
  return labSsh(host, words);
}

function labHosts({
  inventory: paths,
  limit,
  extraVars,
}: InventoryOptions): Result<readonly LabHost[], readonly Diagnostic[]> {
  if (paths.length === 0) {
    return err([
      {
        severity: "error",
        message: "no inventory was given",
        hint: "provision lab up -i inventories/lab.yml",
      },
    ]);
  }
  const read = readInventory(paths, { extraVars, cwd: process.cwd() });
  if (!read.ok) return read;
  const { inventory } = read.value;
  const selected = limit === undefined ? ok([...inventory.hosts.keys()]) : selectHosts(inventory, limit);
  if (!selected.ok) return err([selected.error]);
  const problems: Diagnostic[] = [];
  const hosts = selected.value.flatMap((name) => {
    const host = inventory.hosts.get(name);
    const made = host === undefined ? undefined : labHost(host);
    if (made !== undefined && !made.ok) problems.push(made.error);
    return made?.ok === true ? [made.value] : [];
  });
  return problems.length > 0 ? err(problems) : ok(hosts);
}

function labHost(host: Host): Result<LabHost, Diagnostic> {
  const address = host.vars.get("ansible_host");
  const wrong = (message: string, hint: string): Result<LabHost, Diagnostic> =>
    err({
      severity: "error",
      message: `${host.name}: ${message}`,
      source: address?.origin.source ?? host.source,
      hint,
    });
  if (typeof address?.value !== "string" || !isIPv4(address.value)) {
    return wrong(
      "a lab host needs an IPv4 address",
      "write `ansible_host: 10.77.0.21`; all hosts of a lab are in one /24",
    );
  }
  const suite = text(host, "suite");
  const packages = text(host, "packages");
  if (packages !== undefined && packages !== "minimal") {
    return wrong(
      `\`lab.packages\` is ${packages}`,
      "the only choice is `minimal`: nothing but systemd and sshd",
    );
  }
  return ok({
    name: host.name,
    address: address.value,
    ...(suite === undefined ? {} : { suite }),
    ...(packages === undefined ? {} : { packages }),
  });
}

/** A field of the host variable `lab`, as in `lab: {suite: trixie}`. */
function text(host: Host, field: string): string | undefined {
  const lab: Json | undefined = host.vars.get("lab")?.value;
  if (typeof lab !== "object" || lab === null || Array.isArray(lab)) return undefined;
  const value: unknown = Object.getOwnPropertyDescriptor(lab, field)?.value;
  return typeof value === "string" ? value : undefined;
}
