import { isIP } from "node:net";
import { type HostProblem, hostProblem } from "../../base/diagnostic.ts";
import type { Host } from "../../model/inventory.ts";
import { isBroken, typeName } from "../parse/node.ts";

/** Variables with a host's address, for other hosts and for the login. */
const variables = ["address", "ansible_host", "ansible_ssh_host"];

/** Labels of letters, digits, _ and -, as in DNS and ssh_config; a last label of only digits is a mistyped IPv4 address. */
const name =
  /^(?=.{1,254}$)(?!(?:.*\.)?[0-9]+\.?$)[\p{L}\p{N}_](?:[\p{L}\p{N}_-]{0,62})(?:\.[\p{L}\p{N}_][\p{L}\p{N}_-]{0,62})*\.?$/u;

/** True for an IP address, also IPv6 with a zone, and for a possible name in DNS or ssh_config. */
const isHostAddress = (text: string): boolean =>
  isIP(text.replace(/%[A-Za-z0-9_.-]{1,15}$/, "")) !== 0 || name.test(text);

/** Errors for invalid addresses, because the configuration of every daemon that uses the host contains its address. */
export function addressProblems(host: Host): readonly HostProblem[] {
  const given = variables.flatMap((variable) => {
    const found = host.vars.get(variable);
    return found === undefined || found.value === null || found.value === "" ? [] : [{ variable, found }];
  });
  if (given.length === 0 && !isHostAddress(host.name)) {
    const hint = "give it `ansible_host`";
    return [
      hostProblem(host.name, "the host's name is neither an address nor a host name", host.source, hint),
    ];
  }
  return given.flatMap(({ variable, found: { value, origin } }) => {
    if (isBroken(origin) || (typeof value === "string" && isHostAddress(value))) return [];
    const what = typeof value === "string" ? "" : `, this is ${typeName(value)}`;
    const message = `${variable} must be an IP address or a host name${what}`;
    return [hostProblem(host.name, message, origin.source)];
  });
}
