import type { Failure } from "../model/failure.ts";
import type { Run } from "./state.ts";

/**
 * A host that has failed, or was lost in mid-run, is not touched again in this run. What depends on it is skipped: see
 * `lostDependency`.
 */
export function fail(run: Run, host: string, failure: Failure): void {
  if (run.failures.has(host)) return;
  run.failures.set(host, failure);
  run.ended.set(host, run.input.caller.now() - run.started);
  run.input.caller.emit({ type: "host-failed", host, failure });
}
