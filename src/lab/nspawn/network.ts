import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { err, ok, type Result } from "../../base/result.ts";
import type { LabFailure } from "../driver.ts";
import { mustRun } from "../programs.ts";
import { overlap, type Subnet, subnetOfName } from "../subnet.ts";
import type { ContainerLab } from "./state.ts";

/** The register of all labs of this machine: one file for each bridge, and the old values of two kernel settings. */
const REGISTER = "/run/provision-lab";

const RouteSchema = z.array(z.object({ dst: z.string(), dev: z.string().optional() }));

/** Fails if this machine has a route to a part of the subnet through another interface than the bridge. */
async function checkRoutes(bridge: string, subnet: Subnet): Promise<Result<void, LabFailure>> {
  const family = subnet.family === "ipv6" ? "-6" : "-4";
  const shown = await mustRun("ip", ["-json", family, "route", "show"]);
  if (!shown.ok) return shown;
  const routes = RouteSchema.parse(JSON.parse(shown.value || "[]"));
  const taken = routes.find(
    ({ dst, dev }) => dst !== "default" && dev !== bridge && overlap(dst, subnet.network),
  );
  if (!taken) return ok(undefined);
  const message = `the lab cannot use ${subnet.network}: this machine has a route to ${taken.dst} by ${taken.dev ?? "a gateway"}`;
  return err({ input: true, message, hint: `give the hosts addresses in another /${subnet.prefix}` });
}

/**
 * Registers a lab, and raises a kernel limit: the systemds of a dozen hosts use more inotify instances than the default for
 * one user (128). `$1`: bridge. `$2`: folder. Ends with code 3 and prints the other folder if another lab has the bridge.
 */
const REGISTER_LAB = `set -eu
mkdir -p labs
if [ -e "labs/$1" ]; then
  other=$(cat "labs/$1")
  if [ "$other" != "$2" ] && [ -e "$other/lab.json" ]; then echo "$other"; exit 3; fi
fi
[ -e ip_forward ] || cat /proc/sys/net/ipv4/ip_forward > ip_forward
limit=/proc/sys/fs/inotify/max_user_instances
if [ -w $limit ] && [ "$(cat $limit)" -lt 4096 ]; then
  [ -e inotify ] || cat $limit > inotify
  echo 4096 > $limit
fi
printf '%s' "$2" > "labs/$1"
echo 1 > /proc/sys/net/ipv4/ip_forward
`;

/** `$1`: bridge. The last lab restores both kernel settings. */
const UNREGISTER_LAB = `set -eu
[ -e "labs/$1" ] || exit 0
rm "labs/$1"
for lab in labs/*; do
  if [ -e "$lab" ] && [ -e "$(cat "$lab")/lab.json" ]; then exit 0; fi
done
[ ! -e ip_forward ] || cat ip_forward > /proc/sys/net/ipv4/ip_forward
[ ! -e inotify ] || cat inotify > /proc/sys/fs/inotify/max_user_instances
rm -rf ip_forward inotify labs
`;

/** Runs a script in the folder of the register, under its lock. */
function inRegister(script: string, args: readonly string[]): Promise<Result<string, LabFailure>> {
  mkdirSync(REGISTER, { recursive: true });
  return mustRun("flock", [`${REGISTER}/lock`, "sh", "-c", `cd ${REGISTER}; ${script}`, "sh", ...args]);
}

const tableOf = (bridge: string): string => `provision_lab_${bridge}`;

/** Hosts connect to other networks with the address of this machine. */
const rules = (bridge: string, { network }: Subnet): string => `table ip ${tableOf(bridge)}
delete table ip ${tableOf(bridge)}
table ip ${tableOf(bridge)} {
  chain outward {
    type nat hook postrouting priority srcnat;
    ip saddr ${network} oifname != "${bridge}" masquerade
  }
}
`;

/** Sets up the bridge, its address and NAT. Safe to run again on a running lab. */
export async function networkUp(lab: ContainerLab, name: string): Promise<Result<void, LabFailure>> {
  const { bridge, dir } = lab;
  const subnet = subnetOfName(name);
  if (subnet.family === "ipv6" && !existsSync("/proc/sys/net/ipv6"))
    return err({ message: "the kernel of this machine has no IPv6", hint: "give the hosts IPv4 addresses" });
  const free = await checkRoutes(bridge, subnet);
  if (!free.ok) return free;
  const registered = await inRegister(REGISTER_LAB, [bridge, dir]);
  if (!registered.ok) {
    const other = registered.error.detail ?? "";
    const message = `the bridge ${bridge} belongs to the lab in ${other}`;
    return other.startsWith("/") ? err({ message, hint: "take that lab down first" }) : registered;
  }
  const made = (await bridgeHas(bridge, subnet)) ? ok("") : await makeBridge(bridge, subnet);
  if (!made.ok) return made;
  // Hosts with IPv6 addresses download packages through the relay.
  if (subnet.family === "ipv6") return ok(undefined);
  const nft = await mustRun("nft", ["-f", "-"], { input: rules(bridge, subnet) });
  return nft.ok ? ok(undefined) : nft;
}

/** Multicast snooping is off: without a querier on the network, it can break IPv6 neighbour discovery. */
async function makeBridge(bridge: string, subnet: Subnet): Promise<Result<string, LabFailure>> {
  const { gateway, prefix, family } = subnet;
  const add = `link add ${bridge} type bridge forward_delay 0 stp_state 0 mcast_snooping 0\n`;
  const address = `address add ${gateway}/${prefix} dev ${bridge}${family === "ipv6" ? " nodad" : ""}\n`;
  const added = await mustRun("ip", ["-batch", "-"], { input: add });
  if (!added.ok) return added;
  if (family === "ipv6") {
    // IPv6 may be off for new interfaces. This machine must not accept a host of the lab as its router.
    const settings = `/proc/sys/net/ipv6/conf/${bridge}`;
    for (const name of ["disable_ipv6", "accept_ra"]) writeFileSync(`${settings}/${name}`, "0");
  }
  return mustRun("ip", ["-batch", "-"], { input: `${address}link set ${bridge} up\n` });
}

/** Whether the bridge is up with its address. Removes a bridge that is incomplete or has another subnet. */
async function bridgeHas(bridge: string, { gateway, prefix }: Subnet): Promise<boolean> {
  const shown = await mustRun("ip", ["-oneline", "address", "show", "dev", bridge, "up"]);
  if (shown.ok && shown.value.includes(` ${gateway}/${prefix} `)) return true;
  await mustRun("ip", ["link", "delete", bridge]);
  return false;
}

const LinkSchema = z.array(z.object({ ifname: z.string() }));

/** Removes everything that `networkUp` created, and the remaining interfaces on the bridge. */
export async function networkDown(bridge: string): Promise<Result<void, LabFailure>> {
  const shown = await mustRun("ip", ["-json", "link", "show", "master", bridge]);
  const ports = shown.ok ? LinkSchema.parse(JSON.parse(shown.value || "[]")) : []; // no such bridge
  for (const { ifname } of [...ports, { ifname: bridge }]) await mustRun("ip", ["link", "delete", ifname]);
  await mustRun("nft", ["delete", "table", "ip", tableOf(bridge)]); // fails if there is no table
  const left = await mustRun("ip", ["link", "show", bridge]);
  if (left.ok) return err({ message: `could not remove the bridge ${bridge}`, detail: left.value });
  const done = await inRegister(UNREGISTER_LAB, [bridge]);
  return done.ok ? ok(undefined) : done;
}

/** The MTU of the default route. Hosts use it too, so that their packets are not dropped. */
export async function outwardMtu(): Promise<number> {
  const shown = await mustRun("ip", ["-json", "-4", "route", "show", "default"]);
  const [route] = shown.ok ? RouteSchema.parse(JSON.parse(shown.value || "[]")) : [];
  if (!route?.dev) return 1500;
  const link = await mustRun("ip", ["-json", "link", "show", "dev", route.dev]);
  const [device] = link.ok ? z.array(z.object({ mtu: z.number() })).parse(JSON.parse(link.value)) : [];
  return Math.min(1500, device?.mtu ?? 1500);
}
