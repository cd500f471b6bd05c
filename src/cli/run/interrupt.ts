import type { Stop } from "../../run/input.ts";
import type { Session } from "../../transport/transport.ts";

/** The user's request to stop a run; `release` restores the signal handlers. */
export interface Interrupt {
  readonly stop: Stop;
  release(): void;
}

/**
 * First Ctrl-C: the run finishes the current resource, and the summary lists the rest. Second: it cancels logins and closes
 * every connection, which ends all processes on the hosts. SIGTERM and SIGHUP count as the second.
 */
export function onInterrupt(sessions: ReadonlySet<Session>, onRequest: () => void): Interrupt {
  let resolveAborted = (): void => {};
  const whenAborted = new Promise<void>((resolve) => {
    resolveAborted = resolve;
  });
  const stop: Stop = { requested: false, aborted: false, whenAborted };
  const abort = (): void => {
    stop.requested = true;
    stop.aborted = true;
    resolveAborted();
    for (const session of sessions) void session.close();
  };
  const interrupt = (): void => {
    if (stop.requested) abort();
    else {
      stop.requested = true;
      onRequest();
    }
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", abort);
  process.on("SIGHUP", abort);
  return {
    stop,
    release: () => {
      process.off("SIGINT", interrupt);
      process.off("SIGTERM", abort);
      process.off("SIGHUP", abort);
    },
  };
}
