import { err, ok, type Result } from "../base/result.ts";
import type { LabFailure, LabHost } from "./driver.ts";
import { keyFile, knownHostsFile, type LabFolder } from "./files.ts";
import { subnetNameOf, subnetOfName } from "./subnet.ts";

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** What is wrong with the name or address of one host. */
function hostFault({ name, address }: LabHost): LabFailure | undefined {
  const input = true;
  if (!NAME.test(name)) return { input, message: `\`${name}\` cannot be a hostname` };
  const subnet = subnetNameOf(address);
  if (subnet === undefined)
    return {
      input,
      message: `${name}: \`${address}\` is not an IP address`,
      hint: "set ansible_host to an IP address",
    };
  const { gateway, network } = subnetOfName(subnet);
  const taken = [gateway, network.replace(/\/.*$/, ""), `${subnet}.255`];
  if (/^(fe[89ab]|ff)/.test(subnet))
    return {
      input,
      message: `${name}: ${address} is a link-local or multicast address`,
      hint: "choose an address in fd00::/8",
    };
  if (!taken.includes(address)) return undefined;
  return { input, message: `${name}: ${address} is not free for a host`, hint: `${gateway} is the bridge` };
}

/** The name of the network of all hosts (`10.77.0`, `fd77::`), or why these hosts cannot be one lab. */
export function subnetOf(hosts: readonly LabHost[]): Result<string, LabFailure> {
  const seen = new Set<string>();
  for (const host of hosts) {
    const fault = hostFault(host);
    if (fault) return err(fault);
    const twice = [host.name, host.address].find((what) => seen.has(what));
    if (twice !== undefined) return err({ input: true, message: `two hosts of the lab are called ${twice}` });
    seen.add(host.name).add(host.address);
  }
  const subnets = [...new Set(hosts.map(({ address }) => subnetNameOf(address) ?? ""))].sort();
  const [subnet] = subnets;
  if (subnet === undefined) return err({ input: true, message: "the inventory has no hosts for a lab" });
  if (subnets.length === 1) return ok(subnet);
  return err({
    input: true,
    message: `the hosts of a lab must be in one /24 of IPv4 or one /64 of IPv6, these are in ${subnets
      .map((one) => subnetOfName(one).network)
      .join(", ")}`,
  });
}

/** The host with this name, or a failure with the names of all hosts. */
export function findHost(hosts: readonly LabHost[], name: string): Result<LabHost, LabFailure> {
  const host = hosts.find((one) => one.name === name);
  if (host) return ok(host);
  const names = hosts.map((one) => one.name).join(", ");
  return err({
    input: true,
    message: `the lab has no host ${name}`,
    hint: names === "" ? "create the lab with `provision lab up`" : `its hosts are ${names}`,
  });
}

/** The program and arguments of a login as root, with the lab's key and its known_hosts. */
export function loginCommand(
  lab: LabFolder,
  hosts: readonly LabHost[],
  name: string,
): Result<readonly string[], LabFailure> {
  const host = findHost(hosts, name);
  if (!host.ok) return host;
  const strict = ["-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes"];
  const files = ["-i", keyFile(lab), "-o", `UserKnownHostsFile="${knownHostsFile(lab)}"`];
  return ok(["ssh", ...files, ...strict, `root@${host.value.address}`]);
}
