import { LOGIN_ADDRESS_VARIABLES, loginAddressVariable } from "../../base/address.ts";
import { didYouMean, distinct, type HostProblem, hostProblem } from "../../base/diagnostic.ts";
import { canonicalAddress, isAddress } from "../../base/ip.ts";
import { nearest } from "../../base/nearest.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { isObject, keySource, typeName } from "../../inventory/parse/node.ts";
import { readInventory } from "../../inventory/read.ts";
import { selectHosts } from "../../inventory/resolve/limit.ts";
import type { LabHost } from "../../lab/driver.ts";
import type { LabDriverName } from "../../lab/open-lab.ts";
import type { Host } from "../../model/inventory.ts";
import type { Json } from "../../model/json.ts";
import type { Diagnostic, Origin } from "../../model/source.ts";
import { newValueDecrypter } from "../../secrets/decrypt-values.ts";
import type { InventoryOptions } from "../command.ts";
import { noInventory } from "../no-inventory.ts";
import { refuse } from "../refusal.ts";
import { labDown, labStatus, labUp } from "./lab.ts";

/** Options of `lab up`. */
export interface LabUpOptions extends InventoryOptions {
  readonly driver?: LabDriverName;
}

/** `provision lab up | down | status`. Only `up` reads the inventory: a lab knows its own hosts. */
export async function labCommand(name: "up" | "down" | "status", options: LabUpOptions): Promise<number> {
  if (name === "down") return labDown();
  if (name === "status") return labStatus();
  const hosts = labHosts(options, process.cwd());
  const { driver } = options;
  return hosts.ok ? labUp(hosts.value, driver === undefined ? {} : { driver }) : refuse(hosts.error);
}

/** The hosts of a lab, from the inventory. `cwd`: the base of relative paths. */
export function labHosts(
  { inventory: paths, limit, extraVars }: InventoryOptions,
  cwd: string,
): Result<readonly LabHost[], readonly Diagnostic[]> {
  if (paths.length === 0) {
    return err([noInventory("provision lab up -i inventories/lab.yml", cwd)]);
  }
  const { unlock } = newValueDecrypter(process.env);
  const read = readInventory(paths, {
    extraVars,
    cwd,
    unlock,
    everywhere: ["lab", ...LOGIN_ADDRESS_VARIABLES],
  });
  if (!read.ok) return read;
  const { inventory } = read.value;
  const selected = limit === undefined ? ok([...inventory.hosts.keys()]) : selectHosts(inventory, limit);
  if (!selected.ok) return err([selected.error]);
  const problems: HostProblem[] = [];
  const hosts = selected.value.flatMap((name) => {
    const host = inventory.hosts.get(name);
    const made = host === undefined ? undefined : labHost(host);
    if (made !== undefined && !made.ok) problems.push(...made.error);
    return made?.ok === true ? [made.value] : [];
  });
  return problems.length > 0 ? err(distinct(problems)) : ok(hosts);
}

function labHost(host: Host): Result<LabHost, readonly HostProblem[]> {
  const problems: HostProblem[] = [];
  const variable = loginAddressVariable(host)?.[1];
  const value = variable?.value;
  const address = typeof value === "string" && isAddress(value) ? canonicalAddress(value) : undefined;
  if (address === undefined) {
    const hint = "write `ansible_host: 10.77.0.21`; all hosts of a lab are in one /24, or one /64 of IPv6";
    const source = variable?.origin.source ?? host.source;
    problems.push(hostProblem(host.name, "a lab host needs an IP address", source, hint));
  }
  const fields = labFields(host, problems);
  if (address === undefined || problems.length > 0) return err(problems);
  return ok({ name: host.name, address, ...fields });
}

/** The fields of the host variable `lab`, and the type of each. */
const FIELDS: Readonly<Record<string, "text" | "a number above 0">> = {
  suite: "text",
  packages: "text",
  memory: "a number above 0",
  cpus: "a number above 0",
  box: "text",
};

/** The value of the host variable `lab`, such as `lab: {suite: trixie, memory: 1024}`. */
function labFields(host: Host, problems: HostProblem[]): Omit<LabHost, "name" | "address"> {
  const lab = host.vars.get("lab");
  if (lab === undefined || lab.value === null) return {};
  const { value, origin } = lab;
  if (!isObject(value)) {
    const message = `\`lab\` must be a mapping, this is ${typeName(value)}`;
    problems.push(hostProblem(host.name, message, origin.source, "write lab: { suite: trixie }"));
    return {};
  }
  for (const [name, field] of Object.entries(value)) {
    const problem = fieldProblem(host.name, name, field, origin);
    if (problem !== undefined) problems.push(problem);
  }
  const { suite, packages, memory, cpus, box } = value;
  return {
    ...(typeof suite === "string" ? { suite } : {}),
    ...(packages === "minimal" ? { packages } : {}),
    ...(typeof memory === "number" ? { memory } : {}),
    ...(typeof cpus === "number" ? { cpus } : {}),
    ...(typeof box === "string" ? { box } : {}),
  };
}

function fieldProblem(host: string, name: string, value: Json, origin: Origin): HostProblem | undefined {
  const source = origin.children?.get(name)?.source ?? origin.source;
  const expected = FIELDS[name];
  if (expected === undefined) {
    const names = Object.keys(FIELDS);
    const hint = didYouMean(nearest(name, names)) ?? `its fields are ${names.join(", ")}`;
    return hostProblem(host, `\`lab\` has no field \`${name}\``, keySource(origin, name), hint);
  }
  if (expected === "text" ? typeof value !== "string" : typeof value !== "number" || value <= 0) {
    return hostProblem(host, `\`lab.${name}\` must be ${expected}, this is ${typeName(value)}`, source);
  }
  if (name !== "packages" || value === "minimal") return undefined;
  const hint = "the only choice is `minimal`: nothing but systemd and sshd";
  return hostProblem(host, `\`lab.packages\` is ${value}`, source, hint);
}
