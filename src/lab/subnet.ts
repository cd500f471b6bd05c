import { BlockList, isIPv4, isIPv6 } from "node:net";
import { canonicalAddress } from "../base/ip.ts";

/** The network of a lab: of its hosts and its bridge. */
export interface Subnet {
  readonly family: "ipv4" | "ipv6";
  /** This machine's address on the bridge. */
  readonly gateway: string;
  readonly prefix: 24 | 64;
  /** `10.77.0.0/24`, `fd77::/64`. */
  readonly network: string;
}

/** The name of an address's network: `10.77.0` for IPv4, `fd77::` for IPv6. Undefined if the text is no address. */
export function subnetNameOf(address: string): string | undefined {
  if (isIPv4(address)) return address.slice(0, address.lastIndexOf("."));
  if (!isIPv6(address) || address.includes(".") || address.includes("%")) return undefined;
  return canonicalAddress(`${groupsOf(address).slice(0, 4).join(":")}::`);
}

/** The network with this name. */
export function subnetOfName(name: string): Subnet {
  if (!name.includes(":"))
    return { family: "ipv4", gateway: `${name}.1`, prefix: 24, network: `${name}.0/24` };
  const gateway = canonicalAddress(`${groupsOf(name).slice(0, 4).join(":")}:0:0:0:1`);
  return { family: "ipv6", gateway, prefix: 64, network: `${name}/64` };
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): readonly string[] {
  const [head = "", tail] = address.split("::");
  const parts = (text: string): readonly string[] => (text === "" ? [] : text.split(":"));
  const [before, after] = [parts(head), parts(tail ?? "")];
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  return [...before, ...zeros, ...after];
}

/** Whether two networks of one family share an address, as `10.0.0.0/8` and `10.77.0.0/24` do. */
export function overlap(a: string, b: string): boolean {
  return contains(a, b) || contains(b, a);
}

function contains(network: string, inside: string): boolean {
  const family = network.includes(":") ? "ipv6" : "ipv4";
  const [address = "", prefix = family === "ipv6" ? "128" : "32"] = network.split("/");
  const list = new BlockList();
  list.addSubnet(address, Number(prefix), family);
  return list.check(inside.replace(/\/.*$/, ""), family);
}
