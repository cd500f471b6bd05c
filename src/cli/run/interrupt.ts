import type { Stop } from "../../run/input.ts";
import type { Session } from "../../transport/transport.ts";

/** The user's request to stop, and the way back to how the process treated signals before. */
export interface Interrupt {
  readonly stop: Stop;
  release(): void;
}

/**
 * Ctrl-C once: the resource in hand is finished, and the summary says what is left. Twice: logins are given up and every
 * connection is closed, which ends all that runs on the hosts. SIGTERM and SIGHUP count as the second.
 */
export function onInterrupt(sessions: ReadonlySet<Session>, tell: () => void): Interrupt {
  let tellHosts = (): void => {};
  const whenAborted = new Promise<void>((resolve) => {
    tellHosts = resolve;
  });
  const stop: Stop = { requested: false, aborted: false, whenAborted };
  const abort = (): void => {
    stop.requested = true;
    stop.aborted = true;
    tellHosts();
    for (const session of sessions) void session.close();
  };
  const interrupt = (): void => {
    if (stop.requested) abort();
    else {
      stop.requested = true;
      tell();
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
