import type { Stop } from "../run/input.ts";
import type { Session } from "../transport/transport.ts";

/**
 * Ctrl-C once: the resource in hand is finished, and the summary says what is left. Twice: every connection is closed,
 * which ends all that runs on the hosts. SIGTERM and SIGHUP count as the second. Returns the way back.
 */
export function onInterrupt(stop: Stop, sessions: ReadonlySet<Session>, tell: () => void): () => void {
  const abort = (): void => {
    stop.requested = true;
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
  return () => {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", abort);
    process.off("SIGHUP", abort);
  };
}
