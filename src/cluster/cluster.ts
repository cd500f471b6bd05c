import { eachOf, onHost } from "../base/concurrency.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { MoveStep } from "../model/event.ts";
import type { Failure } from "../model/failure.ts";
import { quote, raw } from "../script/script.ts";
import type { Session } from "../transport/transport.ts";
import { type MemberStatus, parseStatus } from "./status.ts";

/** Seconds that a request may take longer than the keeper's answer: the way there and back, and a busy host. */
const wireSeconds = 10;

/** One member of a replicated service, with a session if its host could be reached, and the address of its keeper there. */
export interface ClusterMember {
  readonly host: string;
  readonly url: string;
  readonly session: Session | undefined;
}

/** The members of a replicated service. Who leads is decided by their keepers; this program asks them. */
export interface Cluster {
  readonly service: string;
  readonly members: readonly ClusterMember[];
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** When the move began, by this clock. */
  readonly begun: number;
  emit(event: MoveStep): void;
  /** Called right before the first request that changes something. False: the user has stopped the move. */
  begin?(): boolean;
}

/** A member and what its keeper says; `undefined`: it could not be asked. */
export interface Standing {
  readonly member: ClusterMember;
  readonly status: MemberStatus | undefined;
}

/** Asks all keepers at once. */
export async function askAll({ members }: Pick<Cluster, "members">): Promise<readonly Standing[]> {
  return eachOf(members, Math.max(1, members.length), async (member) => {
    const answer = await askKeeper(member, { path: "/patroni", seconds: 5 });
    return { member, status: answer.ok ? parseStatus(answer.value.body) : undefined };
  });
}

/** What a keeper is asked. With `body` it is a POST. */
export interface KeeperRequest {
  readonly path: string;
  readonly body?: Readonly<Record<string, string | boolean>>;
  /** The keeper answers within this time. */
  readonly seconds: number;
}

/** An answer of a keeper, whatever its code. */
export interface KeeperAnswer {
  readonly code: number;
  readonly body: string;
}

/** Asks the keeper of one member, on its host. */
export async function askKeeper(
  { host, url, session }: ClusterMember,
  { path, body, seconds }: KeeperRequest,
): Promise<Result<KeeperAnswer, Failure>> {
  if (session === undefined) return err({ code: "unreachable", message: `${host}: could not be reached` });
  const data =
    body === undefined
      ? ""
      : ` -X POST -H 'Content-Type: application/json' --data ${quote(JSON.stringify(body))}`;
  const script = raw(
    `curl -q --noproxy '*' -sS --max-time ${seconds} -w '\\n%{http_code}'${data} ${quote(url + path)} </dev/null 2>&1`,
  );
  const answer = await session.request(script, {
    deadline: (seconds + wireSeconds) * 1000,
    waitingFor: "the keeper of the database",
  });
  if (!answer.ok) return answer;
  const lines = new TextDecoder().decode(answer.value.stdout).trimEnd().split("\n");
  const code = Number(lines.pop());
  if (answer.value.code === 0 && Number.isInteger(code)) return ok({ code, body: lines.join("\n") });
  const message = `${host}: the keeper does not answer at ${url}. See journalctl -u provision-keeper there`;
  return err({ code: "command-failed", message, detail: lines.join("\n") });
}

/** One step, reported before and after. */
export async function step<T>(
  cluster: Pick<Cluster, "service" | "now" | "begun" | "emit">,
  host: string,
  what: string,
  work: () => Promise<Result<T, Failure>>,
): Promise<Result<T, Failure>> {
  const started = cluster.now();
  const report = (ended: Pick<MoveStep, "ms" | "failed">): void => {
    const since = Math.round(cluster.now() - cluster.begun);
    cluster.emit({ type: "step", service: cluster.service, host, what, ...ended, since });
  };
  report({});
  const done = await onHost(host, work, (failure) => err(failure));
  const ms = cluster.now() - started;
  report(done.ok ? { ms } : { ms, failed: true });
  return done;
}

/** The user stopped the move before its first change. */
export const stopped: Failure = { code: "interrupted", message: "stopped as you asked; nothing was changed" };

/** A move that is not made. */
export function refuse(message: string, hint?: string): Result<never, Failure> {
  return err({ code: "refused", message, ...(hint === undefined ? {} : { hint }) });
}
