import { canonicalAddress, Refusal } from "provision";
import { comparePositions } from "./position.ts";

/** What one member says of itself (see `stateFunction`). `undefined`: its host did not answer. */
export interface Member {
  readonly host: string;
  readonly address: string;
  readonly fact: string | undefined;
}

/**
 * Who is the primary, and why. `bootstrap`: no member has data. `running`: it takes writes. `closed`: it was the primary
 * until it, or all, went down. `undecided`: a member with data must be started before it can be told.
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

/** Whom a member replicates from, well or not. */
const sourceOf = (member: Member): string | undefined =>
  words(member)[0]?.startsWith("replica") ? canonicalAddress(words(member)[1] ?? "") : undefined;

/** Finds the live primary from what all members say. Throws, in words for people, where nobody but they can tell. */
export function decide(members: readonly Member[], hint: string | undefined): Decision {
  const open = members.filter((member) => is(member, "primary"));
  const led = open.filter(({ address }) =>
    members.some((other) => is(other, "replica") && sourceOf(other) === address),
  );
  const allSeen = members.every((member) => !is(member, "unseen"));
  // One that others follow was promoted; one that nobody follows slept through that, and is made its replica.
  const [first, second] = led.length === 1 && allSeen ? led : open;
  if (second !== undefined)
    throw new Refusal(
      `${open.map(({ host }) => host).join(" and ")} both take writes. Find out which of them the programs write to, close the other ones by hand (SET GLOBAL read_only = 1), and run again: they are made into its replicas`,
    );
  if (first !== undefined) return { type: "running", primary: first };
  const sources = new Set(members.flatMap((member) => sourceOf(member) ?? []));
  if (sources.size > 0) return followed(members, [...sources]);
  return unfollowed(members, hint);
}

/** Nobody takes writes, and there are replicas: their source is the primary, once it is back. */
function followed(members: readonly Member[], sources: readonly string[]): Decision {
  const [address] = sources;
  const primary = members.find((member) => member.address === address);
  if (sources.length > 1 || primary === undefined || sourceOf(primary) !== undefined)
    throw new Refusal(
      `no member takes writes, and the replicas do not agree on whom they follow. Choose one with \`provision failover db\`. ${listed(members)}`,
    );
  if (is(primary, "unseen", "none", "fresh"))
    throw new Refusal(
      `the primary ${primary.host} ${is(primary, "unseen") ? "does not answer" : "has lost its data"}. Replication is left as it is: \`provision failover db\` makes a replica the primary. ${listed(members)}`,
    );
  const unseen = members.filter((member) => is(member, "unseen"));
  if (unseen.length > 0)
    throw new Refusal(
      `no member takes writes, and ${unseen.map(({ host }) => host).join(" and ")} cannot be asked: it may have been made the primary. ${listed(members)}`,
    );
  return { type: "closed", primary };
}

/** Whether nobody but this member has data: then nobody can acknowledge what it commits. */
export const isAlone = (members: readonly Member[], host: string): boolean =>
  members.every((member) => member.host === host || is(member, "none", "fresh"));

/** Nobody takes writes or follows anyone. */
function unfollowed(members: readonly Member[], hint: string | undefined): Decision {
  const unseen = members.filter((member) => is(member, "unseen"));
  if (unseen.length > 0)
    throw new Refusal(
      `no member takes writes, and ${unseen.map(({ host }) => host).join(" and ")} cannot be asked: what is there may be newer. ${listed(members)}`,
    );
  const [alone, another] = members;
  if (members.some((member) => is(member, "down")))
    return alone !== undefined && another === undefined
      ? { type: "closed", primary: alone }
      : { type: "undecided" };
  const preferred = [...members].sort((a, b) => Number(b.host === hint) - Number(a.host === hint));
  const [most] = preferred;
  if (most === undefined) throw new Error("a role without members is not asked");
  const closed = preferred.filter((member) => is(member, "closed"));
  if (closed.length === 0) return { type: "bootstrap", primary: most };
  const best = closed.find((one) =>
    closed.every((other) => (comparePositions(words(one)[1] ?? "", words(other)[1] ?? "") ?? -1) >= 0),
  );
  if (best === undefined)
    throw new Refusal(
      `no member takes writes, and each has something that another lacks. Open the right one by hand (SET GLOBAL read_only = 0) and run again: the others are rebuilt from it. ${listed(members)}`,
    );
  return { type: "closed", primary: best };
}
/** Whether some member replicates already: then replicas are changed first, and the primary last. */
export const hasReplicas = (members: readonly Member[]): boolean =>
  members.some((member) => sourceOf(member) !== undefined);
