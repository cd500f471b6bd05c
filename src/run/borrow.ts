import type { Session } from "../transport/transport.ts";
import { lockHost } from "./lock.ts";
import { logIn } from "./login.ts";
import type { Run } from "./state.ts";

/**
 * A session with a host that others need a hand of: a balancer that must let go, a replica that must take over. Of a host
 * outside `--limit` one is opened, and its lock taken, when it is first needed. `undefined`: the host has failed, cannot be
 * reached, or is held by another run.
 */
export function sessionWith(state: Run, host: string): Promise<Session | undefined> {
  if (state.failures.has(host)) return Promise.resolve(undefined);
  const open = state.open.get(host)?.session;
  if (open !== undefined) return Promise.resolve(open);
  const known = state.borrowed.get(host) ?? borrow(state, host);
  state.borrowed.set(host, known);
  return known;
}

async function borrow({ input }: Run, host: string): Promise<Session | undefined> {
  if (input.selected.has(host)) return undefined;
  const session = await logIn(input, host);
  if (!session.ok) return undefined;
  input.sessions.add(session.value);
  const locked = await lockHost(session.value, host, input.holder);
  return locked.ok ? session.value : undefined;
}
