import { listed } from "../base/listed.ts";
import type { Note, PartReport } from "../model/redundancy.ts";
import type { Topology } from "../model/topology.ts";
import { several } from "./parts.ts";
import { placeNotes } from "./place-flaws.ts";

/** Open questions of the inventory. */
export function openNotes(parts: readonly PartReport[], topology: Topology): readonly Note[] {
  return [...placeNotes(parts, topology), ...unusedNotes(parts)];
}

/** Services without users in the inventory: users outside it connect to one of the hosts by name. */
function unusedNotes(parts: readonly PartReport[]): readonly Note[] {
  return parts
    .filter(({ tier }) => tier !== "monitoring")
    .flatMap((part) => several(part))
    .filter(
      ({ users, access, floating }) => users.length === 0 && access === "users" && floating.length === 0,
    )
    .map(({ name, hosts }) => ({
      message: `no role in this inventory uses \`${name}\`. Users outside it must know more than one of ${listed(hosts)}`,
    }));
}

/** Shared things that no inventory contains, so `explain` cannot judge them. */
export function outsideWords(parts: readonly PartReport[]): readonly string[] {
  const monitored = parts.some(({ tier, scope }) => tier === "monitoring" && scope !== "agent");
  return [
    "the network between the hosts: switches, the default gateway, the provider's line",
    "power, cooling and the building, unless `rack` and `hypervisor` describe them",
    "DNS: the zone of the stack's names, and the resolvers of the hosts",
    ...(monitored ? ["the mail relay and the receiver of alerts: an alert that they lose is lost"] : []),
    "the machine that runs `provision`: without it the stack continues to run, but cannot be changed",
  ];
}
