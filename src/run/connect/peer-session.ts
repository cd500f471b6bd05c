import { onHost } from "../../base/concurrency.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../model/failure.ts";
import type { Session } from "../../transport/transport.ts";
import type { Run } from "../state.ts";
import { lockHost } from "./lock.ts";
import { logIn } from "./login.ts";

/**
 * A session with a host that others depend on while they are changed: a balancer that drains, a member that must stay
 * healthy. With a host outside `--limit` one is opened, and its lock taken, when it is first needed.
 */
export function peerSession(run: Run, host: string): Promise<Result<Session, Failure>> {
  const failure = run.failures.get(host);
  if (failure !== undefined) return Promise.resolve(err(failure));
  const open = run.open.get(host)?.session;
  if (open !== undefined) return Promise.resolve(ok(open));
  const known = run.peerSessions.get(host) ?? onHost(host, () => connectPeer(run.input, host), err);
  run.peerSessions.set(host, known);
  return known;
}

async function connectPeer(
  { reach, policy, caller }: Run["input"],
  host: string,
): Promise<Result<Session, Failure>> {
  if (policy.selected.has(host)) {
    return err({ code: "unreachable", message: `${host}: there is no connection with it in this run` });
  }
  const what = "a login, since hosts inside the limit depend on it";
  caller.emit({ type: "waiting", host, what, until: reach.connectDeadline });
  const session = await logIn(reach, caller.stop, host);
  if (!session.ok) return session;
  reach.sessions.add(session.value);
  const locked = await lockHost(session.value, host, reach.holder);
  if (locked.ok) return session;
  reach.sessions.delete(session.value);
  await session.value.close();
  return locked;
}
