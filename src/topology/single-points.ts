import type { Flaw, RedundancyReport, TierReport } from "../model/redundancy.ts";
import type { Topology } from "../model/topology.ts";
import { accessFlaws } from "./access-flaws.ts";
import { placeKey } from "./inventory-lines.ts";
import { memberFlaws } from "./member-flaws.ts";
import { openNotes, outsideWords } from "./notes.ts";
import { placeFlaws } from "./place-flaws.ts";
import { baseRoles, redundancyOf } from "./redundancy.ts";
import { uncheckedFlaws } from "./unchecked-flaws.ts";

/** The redundancy of a topology: tiers, flaws and notes. */
export function redundancyReport(topology: Topology): RedundancyReport {
  const tiers = redundancyOf(topology);
  const parts = tiers.flatMap((tier) => tier.parts);
  return {
    hosts: topology.hosts.filter(({ members }) => members.length > 0).length,
    tiers,
    base: baseRoles(topology),
    flaws: flawsOf(tiers, topology),
    notes: openNotes(parts, topology),
    outside: outsideWords(parts),
  };
}

/** All flaws in redundancy, by tier from the user inwards. None: the stack survives the loss of any one host. */
function flawsOf(tiers: readonly TierReport[], topology: Topology): readonly Flaw[] {
  const parts = tiers.flatMap((tier) => tier.parts);
  const flaws = [
    ...parts.flatMap((part) => memberFlaws({ part, parts, topology })),
    ...parts.flatMap((part) => accessFlaws({ part, parts, topology })),
    ...placeFlaws(parts, topology),
  ];
  const rank = ({ tiers: [first] }: Flaw): number => tiers.findIndex(({ tier }) => tier === first);
  const byTier = distinct(flaws).sort((a, b) => rank(a) - rank(b));
  return [...byTier, ...uncheckedFlaws(parts, topology)];
}

/** A flaw that two roles with the same service share is reported once. */
function distinct(flaws: readonly Flaw[]): Flaw[] {
  const keyOf = ({ kind, what, source }: Flaw): string => [kind, what, placeKey(source)].join("\0");
  return [...new Map(flaws.map((flaw) => [keyOf(flaw), flaw])).values()];
}
