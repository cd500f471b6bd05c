import { err, ok, type Result } from "../base/result.ts";
import type { LabEvent, LabFailure, LabStep, LabWatch } from "./driver.ts";

/** Tells the watcher what happens to one host, with the time since this was called. */
export function narrator(watch: LabWatch, host: string): (step: LabStep, detail?: string) => void {
  const begun = performance.now();
  return (step, detail) => {
    const ms = Math.round(performance.now() - begun);
    const event: LabEvent = { host, step, ms, ...(detail === undefined ? {} : { detail }) };
    watch.onEvent?.(event);
  };
}

/** Does one thing for each, so many at once; results in the order given. */
export async function atMost<A, B>(
  limit: number,
  all: readonly A[],
  work: (one: A) => Promise<B>,
): Promise<B[]> {
  const results = new Map<A, B>();
  const left = [...all];
  const worker = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) results.set(one, await work(one));
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return [...results.values()];
}

/** All failures as one: the first in full, the others by their sentence. */
export function firstFailure(results: readonly Result<void, LabFailure>[]): Result<void, LabFailure> {
  const [first, ...others] = results.flatMap((result) => (result.ok ? [] : [result.error]));
  if (!first) return ok(undefined);
  const message = [first, ...others].map((failure) => failure.message).join("\n");
  return err({ ...first, message });
}
