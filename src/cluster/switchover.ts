import { setTimeout as sleep } from "node:timers/promises";
import { onHost } from "../base/concurrency.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Failure } from "../model/failure.ts";
import type { Moved } from "../model/primary.ts";
import {
  ask,
  type Cluster,
  type ClusterMember,
  describeStates,
  followAll,
  insist,
  look,
  positionIn,
  refuse,
  retireStrays,
  type Standing,
  standings,
  step,
  stopped,
  straysAmong,
} from "./cluster.ts";

/** Seconds the candidate gets to come near while writes still run: more, and it is too far behind to be asked. */
const approachSeconds = 60;
/** The candidate is near when it has within so many seconds what the primary had at their begin. */
const nearSeconds = 2;
/** Seconds writes may be closed until the candidate has everything. Then the old primary is opened again. */
const closedSeconds = 10;
/** Seconds that sessions under way get to end before they are ended. */
const drainSeconds = 2;
/** Seconds for which the old primary is asked to take writes again. */
const reopenSeconds = 30;

/**
 * Moves the primary, planned: nothing that was acknowledged is lost. Where the candidate cannot catch up in time the old
 * primary is opened again, and all is as before.
 */
export async function switchOver(cluster: Cluster, to: string | undefined): Promise<Result<Moved, Failure>> {
  const known = await standings(cluster);
  const found = thePrimary(cluster, known);
  if (!found.ok) return found;
  const primary = found.value;
  const chosen = chooseCandidate(cluster, known, primary, to);
  if (!chosen.ok) return chosen;
  const candidate = chosen.value.member;
  const near = await approach(cluster, primary.member, candidate);
  if (near !== undefined) return err(near);
  if (cluster.begin?.() === false) return err(stopped);
  const open = await retireStrays(cluster, straysAmong(known));
  if (open !== undefined) return err(open);
  const moved = await move(cluster, primary.member, candidate);
  if (!moved.ok) return moved;
  const { begun, ended } = moved.value;
  const others = known.map(({ member }) => member).filter((member) => member !== candidate);
  const { left, since } = await followAll(cluster, candidate, others);
  return ok({
    from: primary.member.host,
    to: candidate.host,
    // A write is acknowledged only when one of them has it.
    pause: (since ?? ended) - begun,
    left,
    alone: since === undefined,
    notes: [],
  });
}

function thePrimary({ service }: Cluster, known: readonly Standing[]): Result<Standing, Failure> {
  const strays = straysAmong(known);
  const open = known.filter((one) => one.state?.role === "primary" && !strays.includes(one));
  const [primary, ...more] = open;
  if (primary === undefined) {
    return refuse(
      `no member of ${service} takes writes (${describeStates(known)})`,
      "`provision` opens a primary that only went down; `provision failover` promotes the replica that has most, once the primary is known to be dead",
    );
  }
  return more.length === 0
    ? ok(primary)
    : refuse(`more than one member takes writes (${describeStates(known)})`);
}

/** The replica that was asked for, or the one that has most. */
function chooseCandidate(
  { moves, service }: Cluster,
  known: readonly Standing[],
  primary: Standing,
  to: string | undefined,
): Result<Standing, Failure> {
  const replicas = known.filter(({ member, state }) => fitFor(state, primary) && member !== primary.member);
  if (to === undefined) {
    const [best] = [...replicas].sort(
      (a, b) => moves.compare(b.state?.position ?? "", a.state?.position ?? "") ?? 0,
    );
    return best === undefined
      ? refuse(`no replica of ${service} follows ${primary.member.host} (${describeStates(known)})`)
      : ok(best);
  }
  const named = known.find(({ member }) => member.host === to);
  if (named === undefined) {
    const members = known.map(({ member }) => member.host).join(", ");
    return refuse(`${to} is no member of ${service}`, `its members are ${members}`);
  }
  if (named === primary) return refuse(`${to} is the primary already`);
  return fitFor(named.state, primary)
    ? ok(named)
    : refuse(
        `${to} does not follow ${primary.member.host} (${describeStates([named])})`,
        "run `provision` first",
      );
}

function fitFor(state: Standing["state"], primary: Standing): boolean {
  return state?.role === "replica" && state.broken === undefined && state.source === primary.member.address;
}

/** Lets the candidate come near while writes still run, so that they are closed for a moment only. */
async function approach(
  cluster: Cluster,
  primary: ClusterMember,
  candidate: ClusterMember,
): Promise<Failure | undefined> {
  const what = `catches up with ${primary.host}, which still takes writes`;
  const near = await step(cluster, candidate, what, () => comesNear(cluster, primary, candidate));
  return near.ok ? undefined : { ...near.error, hint: "nothing was changed: the primary never closed" };
}

async function comesNear(
  cluster: Cluster,
  primary: ClusterMember,
  candidate: ClusterMember,
): Promise<Result<unknown, Failure>> {
  const until = cluster.now() + approachSeconds * 1000;
  for (;;) {
    const { state } = await look(cluster, primary);
    const position = state?.position ?? "";
    if (state?.role !== "primary") return refuse(`${primary.host} does not take writes any more`);
    if (position === "") return refuse(`${primary.host} tells no position: there is nothing to wait for`);
    const near = await ask(candidate, cluster.moves.catchUp(position, nearSeconds));
    const hopeless = !near.ok && near.error.code !== "command-failed";
    if (near.ok || hopeless || cluster.now() >= until) return near;
    await sleep(100);
  }
}

/** From the last write on the old primary to the first on the new one, by the cluster's clock. */
async function move(
  cluster: Cluster,
  primary: ClusterMember,
  candidate: ClusterMember,
): Promise<Result<{ readonly begun: number; readonly ended: number }, Failure>> {
  const { moves, now } = cluster;
  const begun = now();
  const closed = await step(cluster, primary, "takes no more writes", () =>
    ask(primary, moves.close(drainSeconds)),
  );
  if (!closed.ok) return reopened(cluster, primary, closed.error);
  const position = positionIn(closed.value);
  if (position === "") {
    const message = `${primary.host}: closed, but told no position`;
    return reopened(cluster, primary, { code: "command-failed", message });
  }
  const caught = await step(cluster, candidate, "has all that was written", () =>
    ask(candidate, moves.catchUp(position, closedSeconds)),
  );
  if (!caught.ok) return reopened(cluster, primary, caught.error);
  const promoted = await step(cluster, candidate, "takes writes", () => ask(candidate, moves.promote));
  if (promoted.ok) return ok({ begun, ended: now() });
  return halfPromoted(cluster, primary, candidate, promoted.error, begun);
}

/** It may be open all the same: two members that take writes would be worse than none. */
async function halfPromoted(
  cluster: Cluster,
  primary: ClusterMember,
  candidate: ClusterMember,
  failure: Failure,
  begun: number,
): Promise<Result<{ readonly begun: number; readonly ended: number }, Failure>> {
  const state = await onHost(
    candidate.host,
    () => lookUntil(cluster, candidate),
    () => undefined,
  );
  if (state?.role === "primary") return ok({ begun, ended: cluster.now() });
  // Whoever does not answer must first be made sure to take no writes, now and later.
  const surely =
    state?.role === "replica" || state?.role === "closed"
      ? ok("")
      : await step(cluster, candidate, "is not to take writes", () =>
          insist(cluster, candidate, cluster.moves.retire, reopenSeconds),
        );
  if (!surely.ok) {
    const hint = `it cannot be told whether ${candidate.host} takes writes, so ${primary.host} stays closed: bring ${candidate.host} back and run \`provision\`, or end it and \`provision failover\` --to ${primary.host}`;
    return err({ ...failure, hint });
  }
  return reopened(cluster, primary, failure, candidate);
}

/** What a member says of itself, as soon as it can be asked; a step that was cut off holds its lock to its end. */
async function lookUntil(cluster: Cluster, member: ClusterMember): Promise<Standing["state"]> {
  const until = cluster.now() + reopenSeconds * 1000;
  for (;;) {
    const { state } = await look(cluster, member);
    if (state !== undefined || cluster.now() >= until) return state;
    await sleep(500);
  }
}

/** All as before: the old primary takes writes again, and the candidate that had begun to leave it follows again. */
async function reopened(
  cluster: Cluster,
  primary: ClusterMember,
  failure: Failure,
  candidate?: ClusterMember,
): Promise<Result<never, Failure>> {
  const { moves } = cluster;
  const again = await step(cluster, primary, "takes writes again", () =>
    insist(cluster, primary, moves.reopen, reopenSeconds),
  );
  if (!again.ok) {
    const hint = `${primary.host} could not be opened again: ${again.error.message}. \`provision\` opens it once it answers; if it is dead, \`provision failover\` promotes a replica`;
    return err({ ...failure, hint });
  }
  // The reopened primary acknowledges nothing until somebody follows it.
  const follows =
    candidate === undefined
      ? again
      : await step(cluster, candidate, `follows ${primary.host} again`, () =>
          insist(cluster, candidate, moves.follow(primary.address), reopenSeconds),
        );
  const hint = follows.ok
    ? `${primary.host} is the primary again; nothing was lost`
    : `${primary.host} is the primary again; nothing was lost. ${candidate?.host} does not follow it yet: run \`provision\``;
  return err({ ...failure, hint });
}
