import { setTimeout as sleep } from "node:timers/promises";
import { eachOf, onHost } from "../base/concurrency.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { MoveStep } from "../model/event.ts";
import type { Failure } from "../model/failure.ts";
import type { HostStep, LeftBehind, MemberState, PrimaryMoves } from "../model/primary.ts";
import { raw } from "../script/script.ts";
import type { Session } from "../transport/transport.ts";

/** Seconds a request may take longer than the step it carries: the way there and back, and a host that is busy. */
const wireSeconds = 10;

/** One member of a replicated service, with a session where its host could be reached. */
export interface ClusterMember {
  readonly host: string;
  readonly address: string;
  /** Made anew by `regain` when it was lost. */
  session: Session | undefined;
}

/** The members of a replicated service, and how its primary moves. */
export interface Cluster {
  readonly service: string;
  readonly moves: PrimaryMoves;
  readonly members: readonly ClusterMember[];
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** When the move began, by this clock. */
  readonly begun: number;
  emit(event: MoveStep): void;
  /** Logs in to a member once more. Absent: a lost session stays lost. */
  reconnect?(member: ClusterMember): Promise<Session | undefined>;
  /** Called right before the first change; from then on the move is finished. False: the user has stopped it. */
  begin?(): boolean;
}

/** A member and what it says of itself; `undefined`: its host could not be asked. */
export interface Standing {
  readonly member: ClusterMember;
  readonly state: MemberState | undefined;
}

/** Asks all members at once. */
export async function standings(cluster: Cluster): Promise<readonly Standing[]> {
  return eachOf(cluster.members, Math.max(1, cluster.members.length), (member) => look(cluster, member));
}

/** What one member says of itself now; over a new session where the old one is lost. */
export async function look(cluster: Cluster, member: ClusterMember): Promise<Standing> {
  const { moves } = cluster;
  const answer = await ask(member, moves.state);
  if (answer.ok) return { member, state: moves.parse(answer.value) };
  // A script that failed is no lost session: there is no database program there.
  if (answer.error.code === "command-failed") return { member, state: moves.parse("") };
  if (member.session === undefined || !(await regain(cluster, member))) return { member, state: undefined };
  const again = await ask(member, moves.state);
  return { member, state: again.ok ? moves.parse(again.value) : undefined };
}

/** A new session in place of a lost one. */
async function regain(cluster: Cluster, member: ClusterMember): Promise<boolean> {
  void member.session?.close();
  const session = await cluster.reconnect?.(member);
  if (session === undefined) return false;
  member.session = session;
  return true;
}

/** Runs a step on a member's host; what it prints, or why it failed. */
export async function ask(
  { host, session }: ClusterMember,
  { script, seconds }: HostStep,
): Promise<Result<string, Failure>> {
  if (session === undefined) return err({ code: "unreachable", message: `${host} could not be reached` });
  const answer = await session.request(raw(`(\n${script}\n) </dev/null 2>&1`), {
    deadline: (seconds + wireSeconds) * 1000,
    waitingFor: "a step of moving the primary",
  });
  if (!answer.ok) return answer;
  const said = new TextDecoder().decode(answer.value.stdout).trim();
  if (answer.value.code === 0) return ok(said);
  return err({
    code: "command-failed",
    message: `${host}: ended with ${answer.value.code}: ${said.split("\n").at(-1) ?? ""}`,
    detail: said,
  });
}

/** The same, until it succeeds: for so many seconds, over new sessions where one is lost. */
export async function insist(
  cluster: Cluster,
  member: ClusterMember,
  work: HostStep,
  seconds: number,
): Promise<Result<string, Failure>> {
  const until = cluster.now() + seconds * 1000;
  for (;;) {
    const done = await ask(member, work);
    if (done.ok || cluster.now() >= until) return done;
    if (done.error.code === "command-failed" || !(await regain(cluster, member))) await sleep(500);
  }
}

/** The position is the last line of what `close` prints. */
export const positionIn = (said: string): string => said.split("\n").at(-1)?.trim() ?? "";

/** One step, told before and after. */
export async function step<T>(
  cluster: Cluster,
  { host }: ClusterMember,
  what: string,
  work: () => Promise<Result<T, Failure>>,
): Promise<Result<T, Failure>> {
  const begun = cluster.now();
  const tell = (ended: Pick<MoveStep, "ms" | "failed">): void => {
    const since = Math.round(cluster.now() - cluster.begun);
    cluster.emit({ type: "step", service: cluster.service, host, what, ...ended, since });
  };
  tell({});
  const done = await onHost(host, work, (failure) => err(failure));
  const ms = cluster.now() - begun;
  tell(done.ok ? { ms } : { ms, failed: true });
  if (done.ok) return done;
  return err({ ...done.error, message: `${done.error.message} (step: ${host} ${what})` });
}

/** Who follows the new primary, and since when. */
export interface Following {
  readonly left: readonly LeftBehind[];
  /** When the first member followed, by the cluster's clock; `undefined`: none does. */
  readonly since: number | undefined;
}

/** Points members at the new primary. */
export async function followAll(
  cluster: Cluster,
  primary: ClusterMember,
  members: readonly ClusterMember[],
): Promise<Following> {
  let since: number | undefined;
  const left = await eachOf(members, Math.max(1, members.length), async (member) => {
    if (member.session === undefined) return [{ host: member.host, why: "could not be reached" }];
    const done = await step(cluster, member, `follows ${primary.host}`, () =>
      ask(member, cluster.moves.follow(primary.address)),
    );
    if (!done.ok) return [{ host: member.host, why: done.error.message }];
    since ??= cluster.now();
    return [];
  });
  return { left: left.flat(), since };
}

/** Members that take writes though no other member follows them, while the others follow one that does. */
export function straysAmong(known: readonly Standing[]): readonly Standing[] {
  const open = known.filter(({ state }) => state?.role === "primary");
  const followed = open.filter(({ member }) => known.some(({ state }) => state?.source === member.address));
  return followed.length === 1 ? open.filter((one) => !followed.includes(one)) : [];
}

/** Closes the strays; one that cannot be closed stops the move. */
export async function retireStrays(
  cluster: Cluster,
  strays: readonly Standing[],
): Promise<Failure | undefined> {
  for (const { member } of strays) {
    const retired = await step(cluster, member, "takes writes, but nobody follows it: is closed", () =>
      ask(member, cluster.moves.retire),
    );
    if (!retired.ok) return retired.error;
  }
  return undefined;
}

/** The user stopped the move while that could still be done. */
export const stopped: Failure = { code: "interrupted", message: "stopped as you asked; nothing was changed" };

export function refuse(message: string, hint?: string): Result<never, Failure> {
  return err({ code: "refused", message, ...(hint === undefined ? {} : { hint }) });
}

export function describeStates(known: readonly Standing[]): string {
  return known.map(({ member, state }) => `${member.host}: ${describeState(state)}`).join(", ");
}

function describeState(state: MemberState | undefined): string {
  if (state === undefined) return "cannot be reached";
  const following = state.source === undefined ? "" : ` of ${state.source}`;
  const role = state.role === "replica-open" ? "replica that takes writes itself" : state.role;
  return `${role}${following}${state.broken === undefined ? "" : `, broken: ${state.broken}`}`;
}
