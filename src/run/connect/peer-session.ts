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
export function peerSession(state: Run, host: string): Promise<Result<Session, Failure>> {
  const failure = state.failures.get(host);
  if (failure !== undefined) return Promise.resolve(err(failure));
  const open = state.open.get(host)?.session;
  if (open !== undefined) return Promise.resolve(ok(open));
  const known = state.peerSessions.get(host) ?? onHost(host, () => connectPeer(state, host), err);
  state.peerSessions.set(host, known);
  return known;
}

async function connectPeer({ input }: Run, host: string): Promise<Result<Session, Failure>> {
  if (input.selected.has(host)) {
    return err({ code: "unreachable", message: `${host}: there is no connection with it in this run` });
  }
  const what = "a login, since hosts inside the limit depend on it";
  input.emit({ type: "waiting", host, what, until: input.connectDeadline });
  const session = await logIn(input, host);
  if (!session.ok) return session;
  input.sessions.add(session.value);
  const locked = await lockHost(session.value, host, input.holder);
  if (locked.ok) return session;
  input.sessions.delete(session.value);
  await session.value.close();
  return locked;
}
