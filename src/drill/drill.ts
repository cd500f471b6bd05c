import { setTimeout as sleep } from "node:timers/promises";
import { eachOf } from "../base/concurrency.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { DrillEvent, Fault, Verdict } from "../model/drill.ts";
import type { AnyRole, Workload } from "../model/role.ts";
import { type Alert, alertsNow, alertsSince, tellsOf } from "./alerts.ts";
import type { Auditor } from "./audit.ts";
import { type Broken, type Injector, inject } from "./inject/inject.ts";
import { type Leaders, leadersNow, type Moved, movesBetween } from "./leaders.ts";
import type { Answer, Client } from "./load/client.ts";
import type { Ledger } from "./load/ledger.ts";
import { type Met, startLoad } from "./load/load.ts";
import { figuresByKind, type Moments, type Sent, seconds } from "./load/log.ts";
import type { Random } from "./seed.ts";
import { allowed, brokenPromises, type Seen } from "./verdict.ts";
import { victimsOf } from "./victims.ts";
import { type Trouble, untilWhole } from "./whole.ts";

/** All that a drill works with. */
export interface Drill {
  readonly injector: Injector;
  readonly roles: ReadonlyMap<string, AnyRole>;
  readonly workload: Workload;
  readonly client: Client;
  readonly ledger: Ledger;
  readonly auditor: Auditor | undefined;
  readonly random: Random;
  /** Reads in a second. */
  readonly rate: number;
  /** Seconds in which all must be well again after a fault. */
  readonly patience: number;
  /** Ids that the cache has. */
  readonly kept: readonly string[];
  /** What is not well, but nothing to wait for; told once. */
  readonly notices: Set<string>;
  /** When the drill began, by `performance.now()`. */
  readonly zero: number;
  readonly signal: AbortSignal;
  emit(event: DrillEvent): void;
}

/** What one fault has shown: its verdict, and the requests of its load. */
export interface Tried {
  readonly verdict: Verdict;
  readonly sent: readonly Sent[];
}

/** Seconds in which requests must be answered again after a fault was healed, before its load ends. */
const BACK = 60;

/** Breaks one thing under load, heals it, waits until all is well, and audits. An error: it could not be broken. */
export async function tryFault(drill: Drill, fault: Fault, round: number): Promise<Result<Tried, string>> {
  const { injector, roles, ledger, random, signal } = drill;
  const { hosts, topology } = injector;
  const leaders = await leadersNow(hosts, topology, roles);
  const alerts = await alertsNow(hosts, { topology, roles });
  const groups = victimsOf(fault, { leaders, topology }, random);
  if (groups.length === 0) return err(`nobody leads ${fault.leaderOf ?? fault.service}`);
  ledger.during(fault.name);
  // The cache must also have what nobody has read meanwhile.
  const load = startLoad(drill.client, drill.workload, {
    ...drill,
    kept: drill.kept.filter((_, at) => at % 2 === 0),
  });
  const from = performance.now();
  await pause(1 + 2 * random(), signal);
  const begun = performance.now();
  const hit = await breakEach(drill, fault, groups);
  const healed = performance.now();
  await load.answered(BACK);
  const to = performance.now();
  const met = await load.stop();
  if (!hit.ok) return hit;
  const { last, helped } = hit.value;
  const times = { from, begun, last, healed, to };
  const over = { fault, round, hit: groups.flat(), helped, leaders, alerts, met: { ...met, ...times } };
  const seen = await seenOf(drill, over);
  return ok({ verdict: { ...seen, broken: brokenPromises(seen) }, sent: met.sent });
}

/** A fault that is over, with what there was before it. */
interface Over {
  readonly fault: Fault;
  readonly round: number;
  readonly hit: readonly string[];
  readonly helped: readonly string[];
  readonly leaders: Leaders;
  readonly alerts: readonly Alert[];
  readonly met: Met & Times;
}

/** The moments of a fault under load, by `performance.now()`. */
interface Times {
  readonly from: number;
  readonly begun: number;
  /** When the last group of hosts had been hurt; a run of the drill's own hurts until it ends. */
  readonly last: number;
  readonly healed: number;
  readonly to: number;
}

/** Waits until all is well, and looks at what the fault has left. */
async function seenOf(drill: Drill, { fault, met, ...over }: Over): Promise<Seen> {
  const { injector, roles, ledger, notices } = drill;
  const { hosts, topology } = injector;
  say(drill, fault, "waits until all is well again");
  const troubles = await untilWhole(hosts, topology, drill.patience);
  const whole = troubles.every(({ notice }) => notice) ? performance.now() : undefined;
  const left = troubles.filter((one) => !notices.has(nameOf(one)));
  for (const one of troubles) notices.add(nameOf(one));
  const moves = movesBetween(over.leaders, await leadersNow(hosts, topology, roles));
  const alerts = alertsSince(over.alerts, await alertsNow(hosts, { topology, roles }));
  // Whatever led on a host that was lost must lead elsewhere. Who leads a quorum concerns only its voters.
  const isLost = new Set(["off", "cut", "islanded"].includes(fault.way) ? over.hit : []);
  const hasStrayed = ({ service: name, from }: Moved): boolean =>
    topology.services.get(name)?.redundancy !== "quorum" && !(from !== undefined && isLost.has(from));
  const since = (at: number): number => seconds(at - drill.zero);
  const { name, service, tier, way, promise } = fault;
  return {
    ...{ fault: name, service, tier, way, promise },
    ...{ round: over.round, hit: over.hit, helped: over.helped },
    begun: since(met.begun),
    healed: since(met.healed),
    whole: whole === undefined ? undefined : since(whole),
    kinds: figuresByKind(met.sent, (kind) => momentsOf(kind, fault, met)),
    missing: (await drill.auditor?.missing(ledger.ids)) ?? [],
    stale: met.stale,
    lostKeys: await lostKeys(drill),
    moves: moves.map(({ words }) => words),
    strayed: moves.filter(hasStrayed).map(({ words }) => words),
    alerts: alerts.map(({ at, words }) => `${new Date(at * 1000).toISOString()} ${words}`),
    ...(fault.way !== "alerted"
      ? {}
      : { told: alerts.filter((one) => tellsOf(one, over.hit.at(-1), fault.with)).length }),
    left: left.map(wordsOf),
  };
}

/** The same notice, also where its figures differ. */
export const nameOf = ({ host, what }: Trouble): string => `${host} ${what}`;
const wordsOf = ({ host, what, said }: Trouble): string => `${host}: ${what}: ${said}`;

function say({ emit }: Drill, { name }: Fault, what: string): void {
  emit({ type: "step", fault: name, what });
}

/** Failures must be over when the promised pause is, and a second more. */
function momentsOf(
  kind: Parameters<typeof allowed>[0],
  { promise, seconds: held }: Fault,
  { from, last, to }: Times,
): Moments {
  return { from, to, over: last + (Math.max(allowed(kind, promise), held) + 1) * 1000 };
}

/** Breaks and heals one group of hosts after another; between them all must be well. Gives what somebody had to do. */
async function breakEach(
  drill: Drill,
  fault: Fault,
  groups: readonly (readonly string[])[],
): Promise<Result<{ readonly last: number; readonly helped: readonly string[] }, string>> {
  const helped: string[] = [];
  let last = performance.now();
  for (const [index, victims] of groups.entries()) {
    if (drill.signal.aborted) break;
    if (index > 0)
      await untilWhole(drill.injector.hosts, drill.injector.topology, drill.patience, drill.signal);
    say(drill, fault, `breaks ${victims.join(", ")}`);
    const broken: Result<Broken, string> = await inject(drill.injector, fault, victims);
    if (!broken.ok) return broken;
    last = performance.now();
    const [acknowledged = []] = await Promise.all([
      broken.value.meanwhile?.(),
      pause(fault.seconds, drill.signal),
    ]);
    for (const id of acknowledged) drill.ledger.add(id);
    say(drill, fault, `heals ${victims.join(", ")}`);
    helped.push(...(await broken.value.heal()));
  }
  return ok({ last, helped });
}

/** How many of the kept ids no cache has any more. */
async function lostKeys({ workload: { cached }, client, kept }: Drill): Promise<number> {
  if (cached === undefined) return 0;
  const { hit, ...request } = cached;
  const answers = await eachOf(kept, 4, (id) => answered(() => client.send(request, id)));
  return answers.filter((answer) => answer?.headers[hit[0]] !== hit[1]).length;
}

/** The answer of a request, which is sent again if it failed: it is not the request that is judged. */
async function answered(send: () => Promise<Answer>): Promise<Answer | undefined> {
  for (let count = 0; count < 3; count += 1) {
    const answer = await send().catch(() => undefined);
    if (answer !== undefined && answer.status < 500) return answer;
    await sleep(500);
  }
  return undefined;
}

/** Waits, until the user stops the drill. */
async function pause(time: number, signal: AbortSignal): Promise<void> {
  await sleep(time * 1000, undefined, { signal }).catch(() => {});
}
