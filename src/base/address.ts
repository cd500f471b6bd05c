import type { Host, Variable } from "../model/inventory.ts";
import { canonicalAddress } from "./ip.ts";

/** Where a host is logged in to. Ansible lets its older name win where both are set. */
export const LOGIN_ADDRESS_VARIABLES: readonly string[] = ["ansible_ssh_host", "ansible_host"];

/** Where other hosts reach a host, the first that is set: their own way, else that of the login, else its name. */
export const ADDRESS_VARIABLES: readonly string[] = ["address", ...LOGIN_ADDRESS_VARIABLES];

/** The variable that says where other hosts reach this one, with its name; undefined: its name does. */
export function addressVariable(host: Host): NamedVariable | undefined {
  return firstSet(host, ADDRESS_VARIABLES);
}

/** The variable that says where a host is logged in to, with its name; undefined: its name does. */
export function loginAddressVariable(host: Host): NamedVariable | undefined {
  return firstSet(host, LOGIN_ADDRESS_VARIABLES);
}

/** The address by which other hosts reach this one; IPv6 as daemons print it. */
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
