import type { Failure } from "../model/failure.ts";
import { err, ok, type Result } from "../model/result.ts";
import type { Service } from "../model/topology.ts";
import type { Session, Target, Transport } from "../transport/transport.ts";
import type { ClusterMember } from "./cluster.ts";
import { eachOf } from "./concurrency.ts";
import { lockHost } from "./lock.ts";

/** What is needed to reach the members of a service. */
export interface Reaching {
  readonly targets: ReadonlyMap<string, Target>;
  readonly transport: Transport;
  /** Milliseconds a login may take. */
  readonly connectDeadline: number;
  /** Who holds the lock, said to the run that comes second. */
  readonly holder: string;
  /** Open sessions, to be closed by the caller. */
  readonly sessions: Set<Session>;
}

/** Logs in to all members at once and takes their locks. A host that cannot be reached has no session; one that is held by another run fails it all. */
export async function reachMembers(
  service: Service,
  reaching: Reaching,
): Promise<Result<readonly ClusterMember[], Failure>> {
  const { endpoints } = service;
  const reached = await eachOf(endpoints, endpoints.length, async ({ host, address }) => {
    const session = await login(host, reaching);
    return session.ok ? ok({ host, address, session: session.value }) : session;
  });
  const failed = reached.find((one): one is { ok: false; error: Failure } => !one.ok);
  if (failed !== undefined) return failed;
  return ok(reached.flatMap((one) => (one.ok ? [one.value] : [])));
}

async function login(host: string, reaching: Reaching): Promise<Result<Session | undefined, Failure>> {
  const { targets, transport, connectDeadline, holder, sessions } = reaching;
  const target = targets.get(host);
  if (target === undefined) throw new Error(`no target for ${host}`);
  const session = await transport.connect(target, { deadline: connectDeadline });
  // Only a host that is away counts as away: a changed key or a refused login is the user's to mend first.
  if (!session.ok) return session.error.code === "unreachable" ? ok(undefined) : err(session.error);
  sessions.add(session.value);
  const locked = await lockHost(session.value, host, holder);
  return locked.ok ? ok(session.value) : locked;
}
