import { eachOf, onHost } from "../base/concurrency.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Failure } from "../model/failure.ts";
import type { Moved } from "../model/primary.ts";
import {
  ask,
  type Cluster,
  describeStates,
  followAll,
  look,
  refuse,
  type Standing,
  standings,
  step,
  stopped,
} from "./cluster.ts";

/** Seconds the chosen replica gets to apply what it has received. */
const applySeconds = 60;

/** What the user wants of a failover. `force`: though writes that were acknowledged may be lost. */
export interface FailOverOptions {
  readonly to?: string;
  readonly force: boolean;
}

/** The members by what they are good for. */
interface Field {
  readonly known: readonly Standing[];
  /** Those that receive from somebody: nothing more may reach them. */
  readonly replicas: readonly Standing[];
  /** Those that could be promoted, and whose writes count. */
  readonly pool: readonly Standing[];
  /** The member that the replicas follow, or followed. */
  readonly dead: Standing | undefined;
}

/**
 * Promotes the replica that has most, when the primary is dead. Every replica is fenced first: from then on the old
 * primary, should it live on behind a broken network, can acknowledge nothing.
 */
export async function failOver(cluster: Cluster, options: FailOverOptions): Promise<Result<Moved, Failure>> {
  const begun = cluster.now();
  const field = fieldOf(await standings(cluster));
  const refusal = whyNot(cluster, field, options);
  if (!refusal.ok) return refusal;
  if (cluster.begin?.() === false) return err(stopped);
  const fenced = await fenceAll(cluster, field.replicas, options);
  const chosen = fenced.ok
    ? await onHost(cluster.service, () => choose(cluster, field, options), err)
    : fenced;
  if (!chosen.ok) {
    await unfenceAll(cluster, field.replicas);
    return chosen;
  }
  return promote(cluster, field, chosen.value, begun);
}

function fieldOf(known: readonly Standing[]): Field {
  const replicas = known.filter(({ state }) => state?.role === "replica");
  const dead = known.find(
    (one) => !replicas.includes(one) && replicas.some(({ state }) => state?.source === one.member.address),
  );
  const pool = known.filter(
    (one) => one.state?.role === "replica" || (one.state?.role === "closed" && one !== dead),
  );
  return { known, replicas, pool, dead };
}

/** All that can be known before anything is touched. */
function whyNot(cluster: Cluster, { known, pool, dead }: Field, options: FailOverOptions) {
  const states = describeStates(known);
  const alive = known.filter(({ state }) => state?.role === "primary");
  if (alive.length > 0) {
    const names = alive.map(({ member }) => member.host).join(", ");
    const verb = alive.length === 1 ? "takes writes: it is" : "take writes: they are";
    return refuse(`${names} ${verb} not dead (${states})`, "`provision switchover` moves it without loss");
  }
  const { to, force } = options;
  if (to !== undefined && !known.some(({ member }) => member.host === to))
    return refuse(`${to} is no member of ${cluster.service}`);
  const candidates = pool.filter(({ state }) => state?.broken === undefined);
  const named = to === undefined ? undefined : known.find(({ member }) => member.host === to);
  if (named !== undefined && !candidates.includes(named)) {
    const reopens = named === dead && named.state?.role === "closed";
    return refuse(
      `${to} is no sound replica (${states})`,
      reopens ? `\`provision\` opens ${to} again` : undefined,
    );
  }
  if (candidates.length === 0) return nobody(cluster, known, dead);
  const missing = known.filter((one) => !pool.includes(one) && one !== dead);
  if (missing.length === 0 || force) return ok(undefined);
  const names = missing.map(({ member }) => member.host).join(", ");
  return refuse(
    `${names} cannot be asked, or does not only follow, and may be the only one that has the last acknowledged writes (${states})`,
    "bring it back, or accept the loss with --force",
  );
}

function nobody(
  { service }: Cluster,
  known: readonly Standing[],
  dead: Standing | undefined,
): Result<never, Failure> {
  return refuse(
    `no replica of ${service} can be promoted without loss (${describeStates(known)})`,
    dead?.state?.role === "closed" ? `\`provision\` opens ${dead.member.host} again` : undefined,
  );
}

async function fenceAll(
  cluster: Cluster,
  replicas: readonly Standing[],
  { force }: FailOverOptions,
): Promise<Result<void, Failure>> {
  const fences = await eachOf(replicas, Math.max(1, replicas.length), ({ member }) =>
    step(cluster, member, "takes nothing more from the old primary", () => ask(member, cluster.moves.fence)),
  );
  const failed = fences.find((fence): fence is { ok: false; error: Failure } => !fence.ok);
  return failed === undefined || force ? ok(undefined) : failed;
}

/** All as before: the old primary may live. */
async function unfenceAll(cluster: Cluster, replicas: readonly Standing[]): Promise<void> {
  await eachOf(replicas, Math.max(1, replicas.length), ({ member }) =>
    step(cluster, member, "takes what its primary sends again", () => ask(member, cluster.moves.unfence)),
  );
}

/** The member that lacks nothing another one has, with all of it applied. */
async function choose(
  cluster: Cluster,
  field: Field,
  options: FailOverOptions,
): Promise<Result<Standing, Failure>> {
  const { pool, dead } = field;
  const now = await eachOf(pool, pool.length, ({ member }) => look(cluster, member));
  const best = complete(cluster, now, options);
  if (best === undefined) {
    const states = describeStates(now);
    if (options.to === undefined) return nobody(cluster, now, dead);
    return refuse(`${options.to} lacks writes that another member has, or is no sound replica (${states})`);
  }
  const { member, state } = best;
  if (state?.role !== "replica") return ok(best);
  const applied = await step(cluster, member, "applies all it has received", () =>
    ask(member, cluster.moves.catchUp(state.position ?? "", applySeconds)),
  );
  return applied.ok ? ok(best) : applied;
}

/** With `force` a member that cannot be counted on is not compared with. */
function complete({ moves }: Cluster, now: readonly Standing[], { to, force }: FailOverOptions) {
  const sound = now.filter(
    ({ state }) => (state?.role === "replica" || state?.role === "closed") && state.broken === undefined,
  );
  const most = (others: readonly Standing[]): readonly Standing[] =>
    sound.filter((one) =>
      others.every(
        (other) =>
          other === one ||
          (other.state?.position !== undefined &&
            (moves.compare(one.state?.position ?? "", other.state.position) ?? -1) >= 0),
      ),
    );
  const named = (all: readonly Standing[]): Standing | undefined =>
    to === undefined ? all[0] : all.find(({ member }) => member.host === to);
  return named(most(now)) ?? (force ? named(most(sound)) : undefined);
}

async function promote(
  cluster: Cluster,
  field: Field,
  { member, state }: Standing,
  begun: number,
): Promise<Result<Moved, Failure>> {
  const { known, replicas, dead } = field;
  const closed = await closeOld(cluster, dead, state?.endless === true);
  const promoted = closed.ok
    ? await step(cluster, member, "takes writes", () => ask(member, cluster.moves.promote))
    : closed;
  if (!promoted.ok && (await look(cluster, member)).state?.role !== "primary") {
    if (!closed.ok) await unfenceAll(cluster, replicas);
    const hint = promoted.error.hint ?? "nothing was lost: run `provision failover` again";
    return err({ ...promoted.error, hint });
  }
  const opened = cluster.now();
  const others = known.filter((one) => one.member !== member && one !== dead).map((one) => one.member);
  const { left, since } = await followAll(cluster, member, others);
  const gone = dead === undefined ? [] : [{ host: dead.member.host, why: "was the primary" }];
  return ok({
    ...(dead === undefined ? {} : { from: dead.member.host }),
    to: member.host,
    pause: (since ?? opened) - begun,
    left: [...left, ...gone],
    alone: known.length > 1 && since === undefined,
    notes: closed.ok ? closed.value : [],
  });
}

/** An old primary that can be reached is made sure to take no writes. */
async function closeOld(
  cluster: Cluster,
  dead: Standing | undefined,
  endless: boolean,
): Promise<Result<readonly string[], Failure>> {
  if (dead?.member.session === undefined) return ok([]);
  const { member } = dead;
  const retired = await step(cluster, member, "is not to take writes any more", () =>
    ask(member, cluster.moves.retire),
  );
  if (retired.ok) return ok([]);
  if (endless) {
    return ok([
      `${member.host} could not be closed: it acknowledges no write, as none of its replicas takes any from it.`,
    ]);
  }
  const hint = `it may acknowledge writes that no replica has (semiSyncSeconds): switch ${member.host} off, and try again`;
  return err({ ...retired.error, hint });
}
