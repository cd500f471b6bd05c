import { type Peer, Refusal } from "provision";
import { hasData, place } from "./place.ts";
import type { Vars } from "./vars.ts";

/**
 * What a voter says of itself: `running` or `stopped` with data, `lost` where it had data before, `empty` where it never had.
 */
export const memberFact = `if (${hasData}); then
  if systemctl -q is-active ${place.unit}; then echo running; else echo stopped; fi
elif [ -e ${place.known} ]; then echo lost; else echo empty; fi`;

type Peers = readonly Peer<Vars>[];

/** `undefined`: the host did not answer. */
const said = ({ facts }: Peer<Vars>): string | undefined =>
  facts === undefined ? undefined : (facts.get("member") ?? "empty");

const withData = (peer: Peer<Vars>): boolean => ["running", "stopped"].includes(said(peer) ?? "");

const names = (peers: Peers): string => peers.map(({ host }) => host.name).join(", ");

/**
 * How a host without data gets a place. The first voter founds a store where none of the voters has ever had data; all others
 * join the living one, which grows by one member at a time.
 */
export function firstStep(peers: Peers, own: string): "found" | "join" {
  if (peers.some(withData)) return "join";
  const silent = peers.filter((peer) => said(peer) === undefined);
  if (silent.length > 0)
    throw new Refusal(
      `the store is not formed: ${names(silent)} did not answer, and may have its data. A store is founded only when all voters say that they have none`,
      `make ${names(silent)} answer, then run again`,
    );
  const lost = peers.filter((peer) => said(peer) === "lost");
  if (lost.length > 0)
    throw new Refusal(
      `every voter of the store has lost its data (${names(lost)} had it). An empty store is not founded in its place`,
      `restore a snapshot, or remove ${place.known} on these hosts and run again to begin with an empty store`,
    );
  return peers[0]?.host.name === own ? "found" : "join";
}

/**
 * One member after another: the first founds the store, each of the others joins the living one. Only where no majority runs,
 * all members with data start together, because none gets healthy alone; hosts without data come after them.
 */
export function rankOf(peers: Peers, own: string): number {
  const index = peers.findIndex(({ host }) => host.name === own);
  const me = peers[index];
  if (me === undefined || !withData(me)) return peers.length + index;
  const running = peers.filter((peer) => said(peer) === "running").length;
  return running * 2 > peers.length ? index : 0;
}

/** The voter that removes those that left the inventory: the last one that answers, when all others are voters already. */
export const isLast = (peers: Peers, own: string): boolean =>
  peers.filter((peer) => said(peer) !== undefined).at(-1)?.host.name === own;
