import type { Failure } from "../model/failure.ts";
import type { MemberState, MoveStep, PrimaryMoves } from "../model/primary.ts";
import { err, ok, type Result } from "../model/result.ts";
import { raw } from "../script/script.ts";
import type { Session } from "../transport/transport.ts";
import { eachOf } from "./concurrency.ts";

/** One member of a replicated service, with a session where its host could be reached. */
export interface ClusterMember {
  readonly host: string;
  readonly address: string;
  readonly session: Session | undefined;
}

/** The members of a replicated service, and how its primary moves. */
export interface Cluster {
  readonly service: string;
  readonly moves: PrimaryMoves;
  readonly members: readonly ClusterMember[];
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  tell(step: MoveStep): void;
}

/** A member and what it says of itself; `undefined`: its host could not be asked. */
export interface Standing {
  readonly member: ClusterMember;
  readonly state: MemberState | undefined;
}

/** Asks all members at once. */
export async function standings({ members, moves }: Cluster): Promise<readonly Standing[]> {
  return eachOf(members, members.length, async (member) => {
    if (member.session === undefined) return { member, state: undefined };
    const answer = await ask(member, moves.state, 15);
    return { member, state: answer.ok ? moves.parse(answer.value) : undefined };
  });
}

/** Runs a member's script; what it prints, or why it failed. */
export async function ask(
  { host, session }: ClusterMember,
  script: string,
  seconds: number,
): Promise<Result<string, Failure>> {
  if (session === undefined) return err({ code: "unreachable", message: `${host} could not be reached` });
  const answer = await session.request(raw(`(\n${script}\n) </dev/null 2>&1`), {
    deadline: seconds * 1000,
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
  cluster.tell({ host, what });
  const done = await work();
  const ms = cluster.now() - begun;
  cluster.tell(done.ok ? { host, what, ms } : { host, what, ms, failed: true });
  if (done.ok) return done;
  return err({ ...done.error, message: `${done.error.message} (step: ${host} ${what})` });
}

/** Points members at the new primary. Answers those that do not follow it: the next run rebuilds them. */
export async function followAll(
  cluster: Cluster,
  primary: ClusterMember,
  members: readonly ClusterMember[],
): Promise<readonly string[]> {
  const left = await eachOf(members, Math.max(1, members.length), async (member) => {
    if (member.session === undefined) return [member.host];
    const done = await step(cluster, member, `follows ${primary.host}`, () =>
      ask(member, cluster.moves.follow(primary.address), 40),
    );
    return done.ok ? [] : [member.host];
  });
  return left.flat();
}

export function refuse(message: string, hint?: string): Result<never, Failure> {
  return err({ code: "refused", message, ...(hint === undefined ? {} : { hint }) });
}

export function describeStates(known: readonly Standing[]): string {
  return known.map(({ member, state }) => `${member.host}: ${describeState(state)}`).join(", ");
}

function describeState(state: MemberState | undefined): string {
  if (state === undefined) return "cannot be reached";
  const following = state.source === undefined ? "" : ` of ${state.source}`;
  return `${state.role}${following}${state.broken === undefined ? "" : `, broken: ${state.broken}`}`;
}
