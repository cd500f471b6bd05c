import { onHost } from "../../base/concurrency.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { Facts } from "../../model/facts.ts";
import type { Failure } from "../../model/failure.ts";
import type { Change, HostPlan, Manifest } from "../../model/plan.ts";
import type { ResourceId, Trigger } from "../../model/resource.ts";
import type { Peer } from "../../model/role.ts";
import type { Script } from "../../model/script.ts";
import { type Desired, planHost } from "../../plan/plan.ts";
import type { Session } from "../../transport/transport.ts";
import { lookDeadline, newNonce, type ReachedHost } from "../connect/connect.ts";
import type { RunInput } from "../input.ts";
import { desiredFrom, isConfirmed, ownPeers } from "./cached-desired.ts";
import type { KnownFacts } from "./desired.ts";
import { type Observation, observeScript, parseObservation } from "./observe.ts";
import { orphansOf } from "./orphans.ts";

/** A host with an open session, and what is known of it by now. */
export interface OpenHost {
  readonly name: string;
  readonly session: Session;
  readonly facts: Facts;
  /** What the members of each of its roles have told, by role. */
  peers: ReadonlyMap<string, readonly Peer[]>;
  /** What this run's roles want. */
  desired: readonly Desired[];
  /** What all roles of the host want, those that this run leaves alone (`--roles`) too. */
  everything: readonly Desired[];
  /** Reloads, restarts and gates that are due there, as of the last observation. */
  marks: Map<ResourceId, Trigger>;
  /** What was last applied; replaced as the run goes on. */
  manifest: Manifest;
  /** What is left to do, as of the last observation. */
  plan: HostPlan;
  readonly done: Change[];
  /** Orphans that were seen to be gone, where they are to be removed. */
  readonly pruned: Set<ResourceId>;
}

/**
 * Asks the roles what they want of a host that has answered, with all that the other hosts have told, and plans. What was
 * observed on a guess counts if the guess was right.
 */
export function openHost(
  input: RunInput,
  reached: ReachedHost,
  known: KnownFacts,
): Promise<Result<OpenHost, Failure>> {
  return onHost(reached.host.host.name, () => open(input, reached, known), err);
}

async function open(
  input: RunInput,
  reached: ReachedHost,
  known: KnownFacts,
): Promise<Result<OpenHost, Failure>> {
  const { host, session, facts, manifest, guess, started } = reached;
  const { wanted, policy, caller } = input;
  const { name } = host.host;
  const confirmed = guess !== undefined && isConfirmed(wanted, guess, host, known);
  const now = confirmed ? ok(guess) : desiredFrom(known, input, host);
  if (!now.ok) return now;
  const { desired, everything } = now.value;
  const plan = { host: name, changes: [], orphans: [], unchanged: 0 };
  const peers = ownPeers(wanted, host, known);
  const base = { name, session, facts, peers, desired, everything, manifest, plan };
  const opened: OpenHost = { ...base, marks: new Map(), done: [], pruned: new Set() };
  const early =
    confirmed && orphansOf(wanted.kinds, policy, opened).removed.size === 0 ? reached.early : undefined;
  const seen = early === undefined ? await observe(input, opened) : ok(early);
  if (!seen.ok) return seen;
  planAgain(input, opened, seen.value);
  const { changes, orphans, unchanged } = opened.plan;
  caller.emit({
    type: "host-observed",
    host: name,
    changes: changes.length,
    orphans: orphans.length,
    unchanged,
    ms: caller.now() - started,
  });
  return ok(opened);
}

/** What is looked for on a host. */
type Sought = Pick<RunInput, "wanted" | "policy">;

/** Looks at the whole host, in one request, and plans again from what it sees. */
export function observeHost(input: Sought, host: OpenHost): Promise<Failure | undefined> {
  const look = async (): Promise<Failure | undefined> => {
    const seen = await observe(input, host);
    if (!seen.ok) return seen.error;
    planAgain(input, host, seen.value);
    return undefined;
  };
  return onHost(host.name, look, (failure) => failure);
}

/** All that is wanted, and the orphans that are to be removed: whether they are gone is seen, not believed. */
async function observe(
  { wanted: { kinds }, policy }: Sought,
  host: OpenHost,
): Promise<Result<Observation, Failure>> {
  const { session, desired } = host;
  const nonce = newNonce();
  const orphans = orphansOf(kinds, policy, host).removed.values();
  const resources = [...desired.map(({ resource }) => resource), ...orphans];
  const answer = await ask(session, observeScript(nonce, resources, kinds), "the observation of the host");
  return answer.ok ? ok(parseObservation(nonce, answer.value, resources, kinds)) : answer;
}

function planAgain(
  { wanted: { kinds }, policy }: Sought,
  host: OpenHost,
  { observed, marks }: Observation,
): void {
  const { name, desired, everything, manifest, pruned } = host;
  const orphans = orphansOf(kinds, policy, host);
  for (const id of orphans.removed.keys()) {
    if (observed.get(id)?.status === "absent") pruned.add(id);
    else pruned.delete(id);
  }
  host.marks = new Map(marks);
  host.plan = planHost({
    host: name,
    desired,
    observed,
    marks,
    everything,
    manifest,
    roles: policy.onlyRoles,
    orphans,
  });
}

async function ask(session: Session, script: Script, waitingFor: string): Promise<Result<string, Failure>> {
  const answer = await session.request(script, { deadline: lookDeadline, waitingFor, verb: "look" });
  return answer.ok ? ok(new TextDecoder().decode(answer.value.stdout)) : answer;
}
