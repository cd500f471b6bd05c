import { isIP } from "node:net";
import { type HostProblem, hostProblem } from "../../base/diagnostic.ts";
import type { Host } from "../../model/inventory.ts";
import { isBroken, typeName } from "../parse/node.ts";

/** What other hosts reach a host by, and what it is logged in by. */
const variables = ["address", "ansible_host", "ansible_ssh_host"];

/** Labels of letters, digits, _ and -, as DNS and ssh_config have them; a last one of digits only is a mistyped IPv4 address. */
const name =
  /^(?=.{1,254}$)(?!(?:.*\.)?[0-9]+\.?$)[\p{L}\p{N}_](?:[\p{L}\p{N}_-]{0,62})(?:\.[\p{L}\p{N}_][\p{L}\p{N}_-]{0,62})*\.?$/u;

/** True for an IP address, of IPv6 with a zone too, and for a name that DNS or ssh_config may know. */
const isPlace = (text: string): boolean =>
  isIP(text.replace(/%[A-Za-z0-9_.-]{1,15}$/, "")) !== 0 || name.test(text);

/** Addresses of a host that are none: they would stand in the configuration of every daemon that uses it. */
export function addressProblems(host: Host): readonly HostProblem[] {
  const given = variables.flatMap((variable) => {
    const found = host.vars.get(variable);
    return found === undefined || found.value === null || found.value === "" ? [] : [{ variable, found }];
  });
  if (given.length === 0 && !isPlace(host.name)) {
    const hint = "give it `ansible_host`";
    return [
      hostProblem(host.name, "the host's name is neither an address nor a host name", host.source, hint),
    ];
  }
  return given.flatMap(({ variable, found: { value, origin } }) => {
    if (isBroken(origin) || (typeof value === "string" && isPlace(value))) return [];
    const what = typeof value === "string" ? "" : `, this is ${typeName(value)}`;
    const message = `${variable} must be an IP address or a host name${what}`;
    return [hostProblem(host.name, message, origin.source)];
  });
}
