import { setTimeout as sleep } from "node:timers/promises";
import { ok, type Result } from "../../base/result.ts";
import type { ClusterMember } from "../../cluster/cluster.ts";
import type { Failure } from "../../model/failure.ts";
import type { Endpoint } from "../../model/topology.ts";
import type { Session } from "../../transport/transport.ts";
import type { Reach } from "../input.ts";
import { lockHost } from "./lock.ts";
import { targetOf } from "./login.ts";

/** How the members of a service are reached. The caller closes the sessions. */
export interface MemberReach
  extends Pick<Reach, "targets" | "transport" | "connectDeadline" | "holder" | "sessions"> {
  /** The leader is dead and writes stand still: the slowest member is not waited for to the end. */
  readonly failoverMode: boolean;
}

/**
 * Logs in to all members at once and takes their locks. A host that cannot be reached has no session; one that is held by
 * another run fails it all.
 */
export async function reachMembers(
  { endpoints }: { readonly endpoints: readonly Pick<Endpoint, "host">[] },
  keepers: ReadonlyMap<string, string>,
  reach: MemberReach,
): Promise<Result<readonly ClusterMember[], Failure>> {
  const logins = endpoints.map(({ host }) => login(host, reach));
  const away = reach.failoverMode ? slowestLogin(logins) : undefined;
  const reached: ClusterMember[] = [];
  for (const [index, { host }] of endpoints.entries()) {
    const own = logins[index];
    if (own === undefined) continue;
    const session = await (away === undefined ? own : Promise.race([own, away]));
    if (!session.ok) return session;
    reached.push({ host, url: keepers.get(host) ?? "", session: session.value });
  }
  return ok(reached);
}

/** Fulfilled when all logins but one have ended, and the last has then had as long again as they took, and a second at least. */
async function slowestLogin(logins: readonly Promise<unknown>[]): Promise<Result<undefined, Failure>> {
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

/** Why a member is not merely away: the user's to mend first, also when its leader is dead. */
const grave: ReadonlySet<Failure["code"]> = new Set([
  "locked",
  "host-key-unknown",
  "host-key-changed",
  "host-key-revoked",
  "login-refused",
  "sudo-refused",
  "not-root",
]);

async function login(host: string, reach: MemberReach): Promise<Result<Session | undefined, Failure>> {
  const { targets, transport, connectDeadline, holder, sessions, failoverMode } = reach;
  const isAway = ({ code }: Failure): boolean => (failoverMode ? !grave.has(code) : code === "unreachable");
  const session = await transport.connect(targetOf(targets, host), { deadline: connectDeadline });
  if (!session.ok) return isAway(session.error) ? ok(undefined) : session;
  sessions.add(session.value);
  const locked = await lockHost(session.value, host, holder);
  if (locked.ok) return session;
  // A dying host may let one in and do nothing more.
  void session.value.close();
  return failoverMode && isAway(locked.error) ? ok(undefined) : locked;
}
