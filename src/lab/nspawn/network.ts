import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { err, ok, type Result } from "../../base/result.ts";
import type { LabFailure } from "../driver.ts";
import { mustRun } from "../programs.ts";
import { overlap, type Subnet, subnetOfName } from "../subnet.ts";
import type { ContainerLab } from "./state.ts";

/** Where the labs of this machine note what they changed for all: one file per bridge, and what two kernel settings were. */
const REGISTER = "/run/provision-lab";

const RouteSchema = z.array(z.object({ dst: z.string(), dev: z.string().optional() }));

/** Fails if the machine already reaches the subnet, or a part of it, by another interface than the lab's bridge. */
async function checkRoutes(bridge: string, subnet: Subnet): Promise<Result<void, LabFailure>> {
  const family = subnet.family === "ipv6" ? "-6" : "-4";
  const shown = await mustRun("ip", ["-json", family, "route", "show"]);
  if (!shown.ok) return shown;
  const routes = RouteSchema.parse(JSON.parse(shown.value || "[]"));
  const taken = routes.find(
    ({ dst, dev }) => dst !== "default" && dev !== bridge && overlap(dst, subnet.network),
  );
  if (!taken) return ok(undefined);
  const message = `${subnet.network} cannot be a lab: this machine reaches ${taken.dst} by ${taken.dev ?? "another way"}`;
  return err({ input: true, message, hint: `give the hosts addresses of another /${subnet.prefix}` });
}

/**
 * A dozen systemds watch more files than a user may by default (128 instances), and all of them are one user's.
 * `$1` bridge, `$2` state folder. Ends with 3 and the other's folder if another lab that still exists has the bridge.
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

/** `$1` bridge. The last lab that goes puts both settings back to what the first one found. */
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

/** Runs a script in the register's folder, one lab at a time. */
function inRegister(script: string, args: readonly string[]): Promise<Result<string, LabFailure>> {
  mkdirSync(REGISTER, { recursive: true });
  return mustRun("flock", [`${REGISTER}/lock`, "sh", "-c", `cd ${REGISTER}; ${script}`, "sh", ...args]);
}

const tableOf = (bridge: string): string => `provision_lab_${bridge}`;

/** Hosts reach the outside with this machine's address; nothing outside reaches them. */
const rules = (bridge: string, { network }: Subnet): string => `table ip ${tableOf(bridge)}
delete table ip ${tableOf(bridge)}
table ip ${tableOf(bridge)} {
  chain outward {
    type nat hook postrouting priority srcnat;
    ip saddr ${network} oifname != "${bridge}" masquerade
  }
}
`;

/** The bridge, its address, the way out. Safe to run again on a lab that is up. */
export async function networkUp(lab: ContainerLab, name: string): Promise<Result<void, LabFailure>> {
  const { bridge, dir } = lab;
  const subnet = subnetOfName(name);
  if (subnet.family === "ipv6" && !existsSync("/proc/sys/net/ipv6"))
    return err({ message: "this machine's kernel has no IPv6", hint: "give the hosts IPv4 addresses" });
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
  // What hosts with IPv6 addresses need from outside they get through the relay.
  if (subnet.family === "ipv6") return ok(undefined);
  const nft = await mustRun("nft", ["-f", "-"], { input: rules(bridge, subnet) });
  return nft.ok ? ok(undefined) : nft;
}

/** Without snooping, which may keep neighbours from finding each other where nobody asks who listens to what. */
async function makeBridge(bridge: string, subnet: Subnet): Promise<Result<string, LabFailure>> {
  const { gateway, prefix, family } = subnet;
  const add = `link add ${bridge} type bridge forward_delay 0 stp_state 0 mcast_snooping 0\n`;
  const address = `address add ${gateway}/${prefix} dev ${bridge}${family === "ipv6" ? " nodad" : ""}\n`;
  const added = await mustRun("ip", ["-batch", "-"], { input: add });
  if (!added.ok) return added;
  if (family === "ipv6") {
    // New interfaces may have IPv6 off; and no host of a lab is this machine's router.
    const settings = `/proc/sys/net/ipv6/conf/${bridge}`;
    for (const name of ["disable_ipv6", "accept_ra"]) writeFileSync(`${settings}/${name}`, "0");
  }
  return mustRun("ip", ["-batch", "-"], { input: `${address}link set ${bridge} up\n` });
}

/** Whether the bridge is as we make it; one of a run that died half-way, or of another subnet, is removed. */
async function bridgeHas(bridge: string, { gateway, prefix }: Subnet): Promise<boolean> {
  const shown = await mustRun("ip", ["-oneline", "address", "show", "dev", bridge, "up"]);
  if (shown.ok && shown.value.includes(` ${gateway}/${prefix} `)) return true;
  await mustRun("ip", ["link", "delete", bridge]);
  return false;
}

const LinkSchema = z.array(z.object({ ifname: z.string() }));

/** Removes all that `networkUp` made, and interfaces of hosts that are left on the bridge. */
export async function networkDown(bridge: string): Promise<Result<void, LabFailure>> {
  const shown = await mustRun("ip", ["-json", "link", "show", "master", bridge]);
  const ports = shown.ok ? LinkSchema.parse(JSON.parse(shown.value || "[]")) : []; // no such bridge
  for (const { ifname } of [...ports, { ifname: bridge }]) await mustRun("ip", ["link", "delete", ifname]);
  await mustRun("nft", ["delete", "table", "ip", tableOf(bridge)]); // fails where there is none
  const left = await mustRun("ip", ["link", "show", bridge]);
  if (left.ok) return err({ message: `the bridge ${bridge} cannot be removed`, detail: left.value });
  const done = await inRegister(UNREGISTER_LAB, [bridge]);
  return done.ok ? ok(undefined) : done;
}

/** The largest packet that leaves the machine: hosts use it too, so that no packet is dropped on the way out. */
export async function outwardMtu(): Promise<number> {
  const shown = await mustRun("ip", ["-json", "-4", "route", "show", "default"]);
  const [route] = shown.ok ? RouteSchema.parse(JSON.parse(shown.value || "[]")) : [];
  if (!route?.dev) return 1500;
  const link = await mustRun("ip", ["-json", "link", "show", "dev", route.dev]);
  const [device] = link.ok ? z.array(z.object({ mtu: z.number() })).parse(JSON.parse(link.value)) : [];
  return Math.min(1500, device?.mtu ?? 1500);
}
