import { setTimeout as sleep } from "node:timers/promises";
import { listed } from "../base/listed.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Failure } from "../model/failure.ts";
import type { LeftBehind, Moved } from "../model/move.ts";
import {
  askAll,
  askKeeper,
  type Cluster,
  type ClusterMember,
  type KeeperAnswer,
  refuse,
  type Standing,
  step,
  stopped,
} from "./cluster.ts";

/** Seconds that a keeper may take to hand over, or to lead though others are missing. */
const moveSeconds = 40;
/** Seconds in which the other members follow the new leader in the usual case. */
const followSeconds = 10;

/** Asks the leader to hand over: nothing that was acknowledged is lost. If the other cannot take over, it leads as before. */
export async function switchOver(cluster: Cluster, to: string | undefined): Promise<Result<Moved, Failure>> {
  const known = await askAll(cluster);
  const leader = known.find(({ status }) => status?.role === "primary");
  if (leader === undefined)
    return refuse(
      `${cluster.service}: no member leads (${described(known)})`,
      "the keepers make one lead as soon as one certainly has every acknowledged write",
    );
  const from = leader.member.host;
  if (to === from) return refuse(`${to} leads already`);
  if (cluster.begin?.() === false) return err(stopped);
  const body = { leader: from, ...(to === undefined ? {} : { candidate: to }) };
  const what = to === undefined ? "hands over" : `hands over to ${to}`;
  const started = cluster.now();
  const asked = await step(cluster, from, what, () => request(leader.member, "/switchover", body));
  if (!asked.ok) return asked;
  return outcome(cluster, { from, started });
}

/** What the user wants of a failover. */
export interface FailOverOptions {
  readonly to?: string;
  /** Even if acknowledged writes are lost. */
  readonly force: boolean;
}

/**
 * The keepers replace a dead leader by themselves. This is for the case in which they wait for a member that will not come
 * back: with `force`, the named member leads without it.
 */
export async function failOver(
  cluster: Cluster,
  { to, force }: FailOverOptions,
): Promise<Result<Moved, Failure>> {
  const known = await askAll(cluster);
  const leader = known.find(({ status }) => status?.role === "primary");
  if (leader !== undefined)
    return refuse(
      `${leader.member.host} leads and takes writes (${described(known)})`,
      "`provision switchover` moves the leader without loss",
    );
  if (!force)
    return refuse(
      `${cluster.service}: no member leads, and ${waitsFor(known)} (${described(known)})`,
      "bring it back, or accept the loss with --force --to HOST",
    );
  const chosen = known.find(({ member }) => member.host === to);
  if (chosen === undefined)
    return refuse(
      `--force needs the member that must lead (${described(known)})`,
      "name it: --to HOST. Take the one that has most",
    );
  if (cluster.begin?.() === false) return err(stopped);
  const started = cluster.now();
  const what = "leads, though others are missing";
  const asked = await step(cluster, chosen.member.host, what, () =>
    request(chosen.member, "/failover", { candidate: chosen.member.host, force: true }),
  );
  return asked.ok ? outcome(cluster, { started }) : asked;
}

/** What the keepers wait for, in words. */
function waitsFor(known: readonly Standing[]): string {
  if (known.every(({ status }) => status === undefined)) return "no keeper could be asked";
  const waits = known.flatMap(({ status }) => (status?.waitsFor ? [status.waitsFor] : []));
  return `the keepers wait for ${waits[0] ?? "the lease of the last leader to end: ask again in some seconds"}`;
}

/** A request that changes something. Any code but 200 is a failure, with the keeper's reason. */
async function request(
  member: ClusterMember,
  path: string,
  body: Readonly<Record<string, string | boolean>>,
): Promise<Result<KeeperAnswer, Failure>> {
  const answer = await askKeeper(member, { path, body, seconds: moveSeconds });
  if (!answer.ok || answer.value.code === 200) return answer;
  const { code, body: said } = answer.value;
  const hint = code === 412 ? "nothing was changed" : undefined;
  return refuse(`${member.host}: ${said.trim().slice(0, 300)}`, hint);
}

/** Who leads now, and who follows: members get a moment for that. */
async function outcome(
  cluster: Cluster,
  { from, started }: { readonly from?: string; readonly started: number },
): Promise<Result<Moved, Failure>> {
  const pause = cluster.now() - started;
  const until = cluster.now() + followSeconds * 1000;
  for (;;) {
    const known = await askAll(cluster);
    const leader = known.find(({ status }) => status?.role === "primary");
    const left = leader === undefined ? [] : leftBehind(known, leader.member.host);
    const awaited = left.some(({ host }) => known.some((one) => one.member.host === host && one.status));
    if (leader !== undefined && (!awaited || cluster.now() >= until)) {
      const alone = known.length > 1 && left.length === known.length - 1;
      const to = leader.member.host;
      return ok({ ...(from === undefined ? {} : { from }), to, pause, left, alone });
    }
    if (cluster.now() >= until)
      return refuse(`${cluster.service}: no member leads yet (${described(known)})`);
    await sleep(200);
  }
}

const leftBehind = (known: readonly Standing[], leader: string): readonly LeftBehind[] =>
  known.flatMap(({ member, status }) => {
    if (member.host === leader || status?.source === leader) return [];
    const why = status === undefined ? "could not be asked" : status.reason || `is ${status.state}`;
    return [{ host: member.host, why }];
  });

/** All members and their states, for messages. */
function described(known: readonly Standing[]): string {
  return listed(
    known.map(({ member, status }) => {
      if (status === undefined) return `${member.host}: could not be asked`;
      const at = status.position === "" ? "" : ` at ${status.position}`;
      return `${member.host}: ${status.role}, ${status.state}${at}`;
    }),
  );
}
