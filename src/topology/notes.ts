import { listed } from "../base/listed.ts";
import type { Note, PartReport } from "../model/redundancy.ts";
import type { Topology } from "../model/topology.ts";
import { several } from "./parts.ts";
import { placeNotes } from "./place-flaws.ts";

/** What the inventory leaves open. */
export function openNotes(parts: readonly PartReport[], topology: Topology): readonly Note[] {
  return [...placeNotes(parts, topology), ...unusedNotes(parts)];
}

/** A service that nobody in the inventory uses: whoever does, from outside, goes to one of its hosts by name. */
function unusedNotes(parts: readonly PartReport[]): readonly Note[] {
  return parts
    .filter(({ tier }) => tier !== "monitoring")
    .flatMap((part) => several(part))
    .filter(
      ({ users, access, floating }) => users.length === 0 && access === "users" && floating.length === 0,
    )
    .map(({ name, hosts }) => ({
      message: `nobody in this inventory uses \`${name}\`; who does so from outside needs more than one of ${listed(hosts)}`,
    }));
}

/** What hosts share that no inventory tells of: named, so that nobody takes silence for safety. */
export function outsideWords(parts: readonly PartReport[]): readonly string[] {
  const monitored = parts.some(({ tier, scope }) => tier === "monitoring" && scope !== "agent");
  return [
    "the network between the hosts: switches, the default gateway, the provider's line",
    "power, cooling and the building, as far as `rack` and `hypervisor` do not tell",
    "DNS: the zone that leads users to the stack, and the resolvers the hosts ask",
    ...(monitored ? ["the mail relay and the receiver of alerts: an alert they lose is lost"] : []),
    "the machine `provision` runs on: without it the stack runs on, and cannot be changed",
  ];
}
