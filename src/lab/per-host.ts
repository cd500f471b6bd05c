import { err, ok, type Result } from "../base/result.ts";
import type { LabEvent, LabFailure, LabStep, LabWatch } from "./driver.ts";

/** Returns a function that emits events of one host, with the time since this call. */
export function eventEmitter(watch: LabWatch, host: string): (step: LabStep, detail?: string) => void {
  const start = performance.now();
  return (step, detail) => {
    const ms = Math.round(performance.now() - start);
    const event: LabEvent = { host, step, ms, ...(detail === undefined ? {} : { detail }) };
    watch.onEvent?.(event);
  };
}

/** Joins all failures: the first with its details, the others with their message only. */
export function joinFailures(results: readonly Result<void, LabFailure>[]): Result<void, LabFailure> {
  const [first, ...others] = results.flatMap((result) => (result.ok ? [] : [result.error]));
  if (!first) return ok(undefined);
  const message = [first, ...others].map((failure) => failure.message).join("\n");
  return err({ ...first, message });
}
