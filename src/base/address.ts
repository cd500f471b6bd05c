import type { Host, Variable } from "../model/inventory.ts";
import { canonicalAddress } from "./ip.ts";

/** The variables of the login address. Where both are set, the older name wins, as in Ansible. */
export const LOGIN_ADDRESS_VARIABLES: readonly string[] = ["ansible_ssh_host", "ansible_host"];

/** The variables of the address by which other hosts reach a host; the first one that is set counts. */
export const ADDRESS_VARIABLES: readonly string[] = ["address", ...LOGIN_ADDRESS_VARIABLES];

/** The variable that holds the address for other hosts, with its name. `undefined`: the host's name is the address. */
export function addressVariable(host: Host): NamedVariable | undefined {
  return firstSet(host, ADDRESS_VARIABLES);
}

/** The variable that holds the login address, with its name. `undefined`: the host's name is the address. */
export function loginAddressVariable(host: Host): NamedVariable | undefined {
  return firstSet(host, LOGIN_ADDRESS_VARIABLES);
}

/** The address by which other hosts reach this one. IPv6 is spelled as daemons print it. */
export function addressOf(host: Host): string {
  const value = addressVariable(host)?.[1].value;
  return canonicalAddress(typeof value === "string" ? value : host.name);
}

type NamedVariable = readonly [string, Variable];

function firstSet(host: Host, names: readonly string[]): NamedVariable | undefined {
  for (const name of names) {
    const variable = host.vars.get(name);
    if (variable !== undefined && variable.value !== null && variable.value !== "") return [name, variable];
  }
  return undefined;
}
