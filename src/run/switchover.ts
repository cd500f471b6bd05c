import type { Failure } from "../model/failure.ts";
import type { Moved } from "../model/primary.ts";
import { err, ok, type Result } from "../model/result.ts";
import {
  ask,
  type Cluster,
  type ClusterMember,
  describeStates,
  followAll,
  positionIn,
  refuse,
  type Standing,
  standings,
  step,
} from "./cluster.ts";
import { eachOf } from "./concurrency.ts";

/** Seconds the candidate gets to catch up while writes still run: more, and it is too far behind to be asked. */
const approachSeconds = 60;
/** Seconds writes may be closed until the candidate has everything. Then the old primary is opened again. */
const closedSeconds = 10;
/** Seconds that sessions under way get to end before they are ended. */
const drainSeconds = 2;

/**
 * Moves the primary, planned: nothing that was acknowledged is lost. Where the candidate cannot catch up in time the old
 * primary is opened again, and all is as before.
 */
export async function switchOver(cluster: Cluster, to: string | undefined): Promise<Result<Moved, Failure>> {
  const known = await standings(cluster);
  const [primary, ...more] = known.filter(({ state }) => state?.role === "primary");
  if (primary === undefined) {
    return refuse(
      `no member of ${cluster.service} takes writes (${describeStates(known)})`,
      "`provision failover` promotes the replica that has most, once the primary is known to be dead",
    );
  }
  if (more.length > 0) return refuse(`more than one member takes writes (${describeStates(known)})`);
  const chosen = chooseCandidate(cluster, known, primary, to);
  if (!chosen.ok) return chosen;
  const candidate = chosen.value.member;
  const near = await approach(cluster, primary, candidate);
  if (near !== undefined) return err(near);
  const moved = await move(cluster, primary.member, candidate);
  if (!moved.ok) return moved;
  const others = known.map(({ member }) => member).filter((member) => member !== candidate);
  const left = await followAll(cluster, candidate, others);
  return ok({ from: primary.member.host, to: candidate.host, pause: moved.value, left });
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

/** Lets the candidate catch up while writes still run, so that they are closed for a moment only. */
async function approach(
  cluster: Cluster,
  primary: Standing,
  candidate: ClusterMember,
): Promise<Failure | undefined> {
  const { moves } = cluster;
  const position = primary.state?.position ?? "";
  const near = await step(
    cluster,
    candidate,
    `catches up with ${primary.member.host}, which still takes writes`,
    () => ask(candidate, moves.catchUp(position, approachSeconds), approachSeconds + 10),
  );
  if (near.ok) return undefined;
  return { ...near.error, hint: "nothing was changed: the primary never closed" };
}

/** From the last write on the old primary to the first on the new one. Answers the milliseconds between. */
async function move(
  cluster: Cluster,
  primary: ClusterMember,
  candidate: ClusterMember,
): Promise<Result<number, Failure>> {
  const { moves, now } = cluster;
  const begun = now();
  const closed = await step(cluster, primary, "takes no more writes", () =>
    ask(primary, moves.close(drainSeconds), drainSeconds + 15),
  );
  if (!closed.ok) return reopened(cluster, primary, closed.error);
  const position = positionIn(closed.value);
  if (position === "") {
    return reopened(cluster, primary, {
      code: "command-failed",
      message: `${primary.host}: closed, but told no position`,
    });
  }
  const caught = await step(cluster, candidate, "has all that was written", () =>
    ask(candidate, moves.catchUp(position, closedSeconds), closedSeconds + 10),
  );
  if (!caught.ok) return reopened(cluster, primary, caught.error);
  const promoted = await step(cluster, candidate, "takes writes", () => ask(candidate, moves.promote, 30));
  if (promoted.ok) return ok(now() - begun);
  // Half promoted may mean open: two members that take writes would be worse than none.
  const state = moves.parse(await textOf(candidate, moves.state));
  if (state.role === "primary") return ok(now() - begun);
  if (state.role === "down") return err(promoted.error);
  return reopened(cluster, primary, promoted.error);
}

async function textOf(member: ClusterMember, script: string): Promise<string> {
  const answer = await ask(member, script, 15);
  return answer.ok ? answer.value : "";
}

/** All as before: the old primary takes writes again. */
async function reopened(
  cluster: Cluster,
  primary: ClusterMember,
  failure: Failure,
): Promise<Result<never, Failure>> {
  const again = await step(cluster, primary, "takes writes again", () =>
    ask(primary, cluster.moves.reopen, 30),
  );
  const hint = again.ok
    ? `${primary.host} is the primary again; nothing was lost`
    : `${primary.host} could not be opened again: ${again.error.message}`;
  return err({ ...failure, hint });
}

/**
 * Promotes the replica that has most, when the primary is dead. Every replica is fenced first: from then on the old
 * primary, should it live on behind a broken network, can acknowledge nothing.
 */
export async function failOver(
  cluster: Cluster,
  options: { readonly to?: string; readonly force: boolean },
): Promise<Result<Moved, Failure>> {
  const begun = cluster.now();
  const known = await standings(cluster);
  const alive = known.filter(({ state }) => state?.role === "primary");
  if (alive.length > 0) {
    const names = alive.map(({ member }) => member.host).join(", ");
    return refuse(`${names} takes writes: it is not dead`, "`provision switchover` moves it without loss");
  }
  const replicas = known.filter(({ state }) => state?.role === "replica");
  const dead = deadPrimary(known, replicas);
  const missing = known.filter((one) => one.state?.role !== "replica" && one !== dead);
  if (missing.length > 0 && !options.force) {
    const names = missing.map(({ member }) => member.host).join(", ");
    return refuse(
      `${names} cannot be asked, and may be the only one that has the last acknowledged writes (${describeStates(known)})`,
      "bring it back, or accept the loss with --force",
    );
  }
  const fenced = await fenceAll(cluster, replicas);
  if (!fenced.ok && !options.force) return fenced;
  const candidate = best(cluster, await standings(cluster), replicas, options.to);
  if (!candidate.ok) return candidate;
  const { member } = candidate.value;
  const promoted = await step(cluster, member, "takes writes", () => ask(member, cluster.moves.promote, 30));
  if (!promoted.ok) return promoted;
  const pause = cluster.now() - begun;
  const others = replicas.map((one) => one.member).filter((one) => one.host !== member.host);
  const left = await followAll(cluster, member, others);
  return ok({
    from: dead?.member.host,
    to: member.host,
    pause,
    left: [...left, ...(dead === undefined ? [] : [dead.member.host])],
  });
}

/** The member that the replicas follow, or followed. */
function deadPrimary(known: readonly Standing[], replicas: readonly Standing[]): Standing | undefined {
  return known.find(({ member }) => replicas.some(({ state }) => state?.source === member.address));
}

async function fenceAll(cluster: Cluster, replicas: readonly Standing[]): Promise<Result<void, Failure>> {
  const fences = await eachOf(replicas, replicas.length, ({ member }) =>
    step(cluster, member, "takes nothing more from the old primary, and has applied all it got", () =>
      ask(member, cluster.moves.fence(closedSeconds), closedSeconds + 10),
    ),
  );
  return fences.find((fence): fence is { ok: false; error: Failure } => !fence.ok) ?? ok(undefined);
}

/** The replica that lacks nothing another one has. */
function best(
  { moves, service }: Cluster,
  known: readonly Standing[],
  replicas: readonly Standing[],
  to: string | undefined,
): Result<Standing, Failure> {
  const fenced = known.filter(
    ({ member, state }) => state !== undefined && replicas.some((r) => r.member === member),
  );
  const sound = fenced.filter(({ state }) => state?.broken === undefined && state?.role !== "down");
  const complete = sound.filter(({ state }) =>
    sound.every((other) => (moves.compare(state?.position ?? "", other.state?.position ?? "") ?? -1) >= 0),
  );
  const chosen = to === undefined ? complete[0] : complete.find(({ member }) => member.host === to);
  if (chosen !== undefined) return ok(chosen);
  const states = describeStates(known);
  if (to !== undefined)
    return refuse(`${to} lacks writes that another replica has, or is no sound replica (${states})`);
  return refuse(`no replica of ${service} can be promoted without loss (${states})`);
}
