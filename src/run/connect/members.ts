import { setTimeout as sleep } from "node:timers/promises";
import { ok, type Result } from "../../base/result.ts";
import type { ClusterMember } from "../../cluster/cluster.ts";
import type { Failure } from "../../model/failure.ts";
import type { Endpoint } from "../../model/topology.ts";
import type { Session, Target, Transport } from "../../transport/transport.ts";
import { lockHost } from "./lock.ts";
import { targetOf } from "./login.ts";

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
  /** Writes stand still meanwhile: the last member that does not answer is not waited for to the end. */
  readonly hurried: boolean;
}

/**
 * Logs in to all members at once and takes their locks. A host that cannot be reached has no session; one that is held by
 * another run fails it all.
 */
export async function reachMembers(
  { endpoints }: { readonly endpoints: readonly Pick<Endpoint, "host" | "address">[] },
  reaching: Reaching,
): Promise<Result<readonly ClusterMember[], Failure>> {
  const logins = endpoints.map(({ host }) => login(host, reaching));
  const away = reaching.hurried ? lastStraggler(logins) : undefined;
  const reached: ClusterMember[] = [];
  for (const [index, { host, address }] of endpoints.entries()) {
    const own = logins[index];
    if (own === undefined) continue;
    const session = await (away === undefined ? own : Promise.race([own, away]));
    if (!session.ok) return session;
    reached.push({ host, address, session: session.value });
  }
  return ok(reached);
}

/** Fulfilled when all logins but one have ended, and the last has then had as long again as they took, and a second at least. */
async function lastStraggler(logins: readonly Promise<unknown>[]): Promise<Result<undefined, Failure>> {
  const started = performance.now();
  let left = logins.length;
  await new Promise<void>((oneLeft) => {
    if (left <= 1) oneLeft();
    for (const login of logins) {
      void login.then(() => {
        left -= 1;
        if (left <= 1) oneLeft();
      });
    }
  });
  await sleep(Math.max(1000, performance.now() - started), undefined, { ref: false });
  return ok(undefined);
}

/** Why a member is not merely away: the user's to mend first, also when its primary is dead. */
const grave: ReadonlySet<Failure["code"]> = new Set([
  "locked",
  "host-key-unknown",
  "host-key-changed",
  "host-key-revoked",
  "login-refused",
  "sudo-refused",
  "not-root",
]);

async function login(host: string, reaching: Reaching): Promise<Result<Session | undefined, Failure>> {
  const { transport, connectDeadline, holder, sessions, hurried } = reaching;
  const isAway = ({ code }: Failure): boolean => (hurried ? !grave.has(code) : code === "unreachable");
  const session = await transport.connect(targetOf(reaching, host), { deadline: connectDeadline });
  if (!session.ok) return isAway(session.error) ? ok(undefined) : session;
  sessions.add(session.value);
  const locked = await lockHost(session.value, host, holder);
  if (locked.ok) return session;
  // A dying host may let one in and do nothing more.
  void session.value.close();
  return hurried && isAway(locked.error) ? ok(undefined) : locked;
}

/** Logs in to one member once more, after its connection was lost. `undefined`: that is not possible now. */
export async function reachAgain(host: string, reaching: Reaching): Promise<Session | undefined> {
  const session = await login(host, reaching);
  return session.ok ? session.value : undefined;
}
