import { BlockList, isIPv4, isIPv6 } from "node:net";
import { canonicalAddress } from "../base/ip.ts";

/** The network of a lab, which every host and the bridge are in. */
export interface Subnet {
  readonly family: "ipv4" | "ipv6";
  /** This machine's end: the bridge. */
  readonly gateway: string;
  readonly prefix: 24 | 64;
  /** As `ip` and nft write it: `10.77.0.0/24`, `fd77::/64`. */
  readonly network: string;
}

/** The name of the network that an address is in: the first three numbers of IPv4, `10.77.0`; `fd77::` of IPv6. Undefined: no address. */
export function subnetNamed(address: string): string | undefined {
  if (isIPv4(address)) return address.slice(0, address.lastIndexOf("."));
  if (!isIPv6(address) || address.includes(".") || address.includes("%")) return undefined;
  return canonicalAddress(`${groupsOf(address).slice(0, 4).join(":")}::`);
}

/** What a network's name stands for. */
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

/** Whether two networks, such as `10.0.0.0/8` and `10.77.0.0/24`, have an address in common. Both of one family. */
export function overlap(a: string, b: string): boolean {
  return holds(a, b) || holds(b, a);
}

function holds(network: string, inside: string): boolean {
  const family = network.includes(":") ? "ipv6" : "ipv4";
  const [address = "", prefix = family === "ipv6" ? "128" : "32"] = network.split("/");
  const list = new BlockList();
  list.addSubnet(address, Number(prefix), family);
  return list.check(inside.replace(/\/.*$/, ""), family);
}
