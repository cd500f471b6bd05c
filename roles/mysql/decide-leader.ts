import { canonicalAddress, Refusal } from "provision";
import { comparePositions } from "./position.ts";

/** The state that one member reports (see `stateFunction`). `undefined`: its host did not answer. */
export interface Member {
  readonly host: string;
  readonly address: string;
  readonly fact: string | undefined;
}

/**
 * The primary, and the reason. `bootstrap`: no member has data. `running`: it takes writes. `closed`: it was the primary
 * until it, or all members, went down. `undecided`: a member with data must start first.
 */
export type Decision =
  | { readonly type: "bootstrap" | "running" | "closed"; readonly primary: Member }
  | { readonly type: "undecided" };

const words = ({ fact }: Member): readonly string[] => (fact ?? "unseen").trim().split(/\s+/);
const is = (member: Member, ...names: readonly string[]): boolean => names.includes(words(member)[0] ?? "");
const listed = (members: readonly Member[]): string =>
  members
    .map((member) => `${member.host} (${member.address}): ${member.fact?.trim() ?? "did not answer"}`)
    .join("; ");

/** The member that a member replicates from, working or not. */
const sourceOf = (member: Member): string | undefined =>
  words(member)[0]?.startsWith("replica") ? canonicalAddress(words(member)[1] ?? "") : undefined;

/** Finds the live primary from the states of all members. Throws a Refusal if only a person can decide. */
export function decide(members: readonly Member[], hint: string | undefined): Decision {
  const open = members.filter((member) => is(member, "primary"));
  const led = open.filter(({ address }) =>
    members.some((other) => is(other, "replica") && sourceOf(other) === address),
  );
  const allSeen = members.every((member) => !is(member, "unseen"));
  // The one that others follow was promoted. The one without followers slept meanwhile, and becomes its replica.
  const [first, second] = led.length === 1 && allSeen ? led : open;
  if (second !== undefined)
    throw new Refusal(
      `${open.map(({ host }) => host).join(" and ")} take writes at the same time. Find out to which of them programs write, close the others by hand (SET GLOBAL read_only = 1), and run again: the run makes them its replicas`,
    );
  if (first !== undefined) return { type: "running", primary: first };
  const sources = new Set(members.flatMap((member) => sourceOf(member) ?? []));
  if (sources.size > 0) return followed(members, [...sources]);
  return unfollowed(members, hint);
}

/** No member takes writes, and there are replicas: their source is the primary, once it is back. */
function followed(members: readonly Member[], sources: readonly string[]): Decision {
  const [address] = sources;
  const primary = members.find((member) => member.address === address);
  if (sources.length > 1 || primary === undefined || sourceOf(primary) !== undefined)
    throw new Refusal(
      `no member takes writes, and the replicas follow different members. Choose the primary with \`provision failover db\`. ${listed(members)}`,
    );
  if (is(primary, "unseen", "none", "fresh"))
    throw new Refusal(
      `the primary ${primary.host} ${is(primary, "unseen") ? "does not answer" : "has lost its data"}. The run does not change the replication. To make a replica the primary, use \`provision failover db\`. ${listed(members)}`,
    );
  const unseen = members.filter((member) => is(member, "unseen"));
  if (unseen.length > 0)
    throw new Refusal(
      `no member takes writes, and ${unseen.map(({ host }) => host).join(" and ")} did not answer: it may be the new primary. Start it, or use \`provision failover db\`. ${listed(members)}`,
    );
  return { type: "closed", primary };
}

/** Whether only this member has data: then no replica can acknowledge its commits. */
export const isAlone = (members: readonly Member[], host: string): boolean =>
  members.every((member) => member.host === host || is(member, "none", "fresh"));

/** No member takes writes or follows another. */
function unfollowed(members: readonly Member[], hint: string | undefined): Decision {
  const unseen = members.filter((member) => is(member, "unseen"));
  if (unseen.length > 0)
    throw new Refusal(
      `no member takes writes, and ${unseen.map(({ host }) => host).join(" and ")} did not answer: it may have newer data. Start it, and run again. ${listed(members)}`,
    );
  const [alone, another] = members;
  if (members.some((member) => is(member, "down")))
    return alone !== undefined && another === undefined
      ? { type: "closed", primary: alone }
      : { type: "undecided" };
  const preferred = [...members].sort((a, b) => Number(b.host === hint) - Number(a.host === hint));
  const [most] = preferred;
  if (most === undefined) throw new Error("decide() needs members");
  const closed = preferred.filter((member) => is(member, "closed"));
  if (closed.length === 0) return { type: "bootstrap", primary: most };
  const best = closed.find((one) =>
    closed.every((other) => (comparePositions(words(one)[1] ?? "", words(other)[1] ?? "") ?? -1) >= 0),
  );
  if (best === undefined)
    throw new Refusal(
      `no member takes writes, and each has data that another lacks. Open the right one by hand (SET GLOBAL read_only = 0) and run again: the run rebuilds the others from it. ${listed(members)}`,
    );
  return { type: "closed", primary: best };
}
/** Whether a member replicates already: then replicas are changed first, and the primary last. */
export const hasReplicas = (members: readonly Member[]): boolean =>
  members.some((member) => sourceOf(member) !== undefined);
