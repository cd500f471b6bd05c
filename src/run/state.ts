import type { Result } from "../base/result.ts";
import type { Facts } from "../model/facts.ts";
import type { Failure } from "../model/failure.ts";
import type { Session } from "../transport/transport.ts";
import type { RunInput } from "./input.ts";
import type { OpenHost } from "./observe/host.ts";

/** The state of a run: which hosts are open, which have failed, and when each of those ended. */
export interface Run {
  readonly input: RunInput;
  readonly started: number;
  readonly open: Map<string, OpenHost>;
  /** What the hosts have told, those outside `--limit` too where they were asked. */
  readonly known: Map<string, Facts>;
  /** Sessions with hosts outside `--limit` that those inside depend on: see `peerSession`. */
  readonly peerSessions: Map<string, Promise<Result<Session, Failure>>>;
  readonly failures: Map<string, Failure>;
  /** Milliseconds from the start of the run. */
  readonly ended: Map<string, number>;
}

/** A host that has failed is not touched again in this run. */
export function fail(state: Run, host: string, failure: Failure): void {
  if (state.failures.has(host)) return;
  state.failures.set(host, failure);
  state.ended.set(host, state.input.now() - state.started);
  state.input.emit({ type: "host-failed", host, failure });
}
