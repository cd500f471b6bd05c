import type { Flaw, PartReport, RedundancyReport, TierReport } from "../model/redundancy.ts";
import type { Topology } from "../model/topology.ts";
import { placeKey } from "./lines.ts";
import { memberFlaws } from "./member-flaws.ts";
import { openNotes, outsideWords } from "./notes.ts";
import { placeFlaws } from "./place-flaws.ts";
import { redundancyOf } from "./redundancy.ts";
import { uncheckedFlaws } from "./unchecked-flaws.ts";

/** A part with the tier it belongs to. */
export interface Placed extends PartReport {
  readonly tier: string;
}

/**
 * Everything whose loss the stack does not survive as it should, by tier from the user inwards. An empty list: any one
 * host may be lost.
 */
export function singlePoints(topology: Topology): readonly Flaw[] {
  return flawsOf(redundancyOf(topology), topology);
}

/** All that the topology tells of its redundancy. Pure. */
export function redundancyReport(topology: Topology): RedundancyReport {
  const tiers = redundancyOf(topology);
  return {
    hosts: topology.hosts.filter(({ members }) => members.length > 0).length,
    tiers,
    base: [...topology.tiers].filter(([, tier]) => tier === "base").map(([role]) => role),
    flaws: flawsOf(tiers, topology),
    notes: openNotes(partsOf(tiers), topology),
    outside: outsideWords(partsOf(tiers)),
  };
}

function flawsOf(tiers: readonly TierReport[], topology: Topology): readonly Flaw[] {
  const parts = partsOf(tiers);
  const flaws = merged([
    ...parts.flatMap((part) => memberFlaws(part, parts, topology)),
    ...placeFlaws(parts, topology),
  ]);
  const rank = ({ tiers: [first] }: Flaw): number => tiers.findIndex(({ tier }) => tier === first);
  return [...[...flaws].sort((a, b) => rank(a) - rank(b)), ...uncheckedFlaws(parts, topology)];
}

const partsOf = (tiers: readonly TierReport[]): readonly Placed[] =>
  tiers.flatMap(({ tier, parts }) => parts.map((part) => ({ ...part, tier })));

/** What two roles that provide the same service have in common is told once. */
function merged(flaws: readonly Flaw[]): readonly Flaw[] {
  return [
    ...new Map(
      flaws.map((flaw) => [[flaw.kind, flaw.services, flaw.hosts, placeKey(flaw.source)].join("\0"), flaw]),
    ).values(),
  ];
}
