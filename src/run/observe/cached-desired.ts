import { isDeepStrictEqual } from "node:util";
import { ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../model/failure.ts";
import type { Peer } from "../../model/role.ts";
import type { TopologyHost } from "../../model/topology.ts";
import type { Desired } from "../../plan/plan.ts";
import { sameFacts } from "../connect/facts-cache.ts";
import type { RunInput } from "../input.ts";
import { desiredOf, type KnownFacts, peersOf } from "./desired.ts";

/** What the roles want of a host that has these facts, among others that have theirs. */
export interface Wishes {
  readonly known: KnownFacts;
  /** What this run's roles want. */
  readonly desired: readonly Desired[];
  /** What all of its roles want. */
  readonly everything: readonly Desired[];
}

/** From what earlier runs have learnt; `undefined`: nothing that roles could decide from. */
export function guessWishes(input: RunInput, host: TopologyHost): Wishes | undefined {
  if (input.recall.facts(host.host.name) === undefined) return undefined;
  const known = new Map(
    input.topology.hosts.flatMap(({ host: { name } }) => {
      const facts = input.recall.facts(name);
      return facts === undefined ? [] : [[name, facts] as const];
    }),
  );
  const wishes = wishesOf(input, host, known);
  return wishes.ok ? wishes.value : undefined;
}

export function wishesOf(input: RunInput, host: TopologyHost, known: KnownFacts): Result<Wishes, Failure> {
  const everything = desiredOf(host, known, input);
  if (!everything.ok) return everything;
  const { onlyRoles } = input;
  const desired = everything.value.filter(
    ({ role, also }) => onlyRoles === "all" || [role, ...also].some((one) => onlyRoles.has(one)),
  );
  return ok({ known, desired, everything: everything.value });
}

/** Whether the facts a guess was made from are those of now: the host's own, and what its roles' peers have told. */
export function isConfirmed(input: RunInput, guess: Wishes, host: TopologyHost, known: KnownFacts): boolean {
  const { name } = host.host;
  const [guessed, now] = [guess.known.get(name), known.get(name)];
  if (guessed === undefined || now === undefined || !sameFacts(guessed, now)) return false;
  return isDeepStrictEqual(toldTo(input, host, guess.known), toldTo(input, host, known));
}

/** What the members of a host's roles have told, where that counts. */
function toldTo(input: RunInput, host: TopologyHost, known: KnownFacts): unknown {
  return [...ownPeers(input, host, known)]
    .filter(([role]) => input.roles.get(role)?.peerFacts !== undefined)
    .map(([, members]) => members.map(({ facts }) => facts));
}

/** By role: the members of each of a host's roles, and what they have told. */
export function ownPeers(
  input: RunInput,
  { members }: TopologyHost,
  known: KnownFacts,
): ReadonlyMap<string, readonly Peer[]> {
  return new Map(
    members.flatMap(({ role: name }) => {
      const role = input.roles.get(name);
      return role === undefined ? [] : [[name, peersOf(role, input.topology, known)] as const];
    }),
  );
}
