import { isDeepStrictEqual } from "node:util";
import { ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../model/failure.ts";
import type { Peer } from "../../model/role.ts";
import type { TopologyHost } from "../../model/topology.ts";
import type { Desired } from "../../plan/plan.ts";
import { sameFacts } from "../connect/facts-cache.ts";
import type { RunInput } from "../input.ts";
import { desiredOf, type KnownFacts, peersOf, type RoleTopology } from "./desired.ts";

/** What the roles want of a host, if these are the facts of all hosts. */
export interface DesiredFrom {
  readonly known: KnownFacts;
  /** What this run's roles want. */
  readonly desired: readonly Desired[];
  /** What all of its roles want. */
  readonly everything: readonly Desired[];
}

/** From the facts of earlier runs; `undefined`: there are none that roles could decide from. */
export function desiredFromCachedFacts(input: RunInput, host: TopologyHost): DesiredFrom | undefined {
  const { factsCache } = input.reach;
  if (factsCache.facts(host.host.name) === undefined) return undefined;
  const known = new Map(
    input.wanted.topology.hosts.flatMap(({ host: { name } }) => {
      const facts = factsCache.facts(name);
      return facts === undefined ? [] : [[name, facts] as const];
    }),
  );
  const desired = desiredFrom(known, input, host);
  return desired.ok ? desired.value : undefined;
}

/** What the roles want of a host, as these facts are; the error is the failure of a role. */
export function desiredFrom(
  known: KnownFacts,
  { wanted, policy: { onlyRoles } }: Pick<RunInput, "wanted" | "policy">,
  host: TopologyHost,
): Result<DesiredFrom, Failure> {
  const everything = desiredOf(host, known, wanted);
  if (!everything.ok) return everything;
  const desired = everything.value.filter(
    ({ role, also }) => onlyRoles === "all" || [role, ...also].some((one) => onlyRoles.has(one)),
  );
  return ok({ known, desired, everything: everything.value });
}

/** Whether the facts a guess was made from are those of now: the host's own, and what its roles' peers have told. */
export function isConfirmed(
  inputs: RoleTopology,
  guess: DesiredFrom,
  host: TopologyHost,
  known: KnownFacts,
): boolean {
  const { name } = host.host;
  const [guessed, now] = [guess.known.get(name), known.get(name)];
  if (guessed === undefined || now === undefined || !sameFacts(guessed, now)) return false;
  return isDeepStrictEqual(toldTo(inputs, host, guess.known), toldTo(inputs, host, known));
}

/** What the members of a host's roles have told, where that counts. */
function toldTo(inputs: RoleTopology, host: TopologyHost, known: KnownFacts): unknown {
  return [...ownPeers(inputs, host, known)]
    .filter(([role]) => inputs.roles.get(role)?.peerFacts !== undefined)
    .map(([, members]) => members.map(({ facts }) => facts));
}

/** By role: the members of each of a host's roles, and what they have told. */
export function ownPeers(
  { roles, topology }: RoleTopology,
  { members }: TopologyHost,
  known: KnownFacts,
): ReadonlyMap<string, readonly Peer[]> {
  return new Map(
    members.flatMap(({ role: name }) => {
      const role = roles.get(name);
      return role === undefined ? [] : [[name, peersOf(role, topology, known)] as const];
    }),
  );
}
