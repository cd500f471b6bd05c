import { setImmediate } from "node:timers/promises";
import type { Failure } from "../model/failure.ts";
import { bug } from "./bug.ts";
import { RoleStop } from "./role-stop.ts";

/** Does pieces of work one by one, each in a separate turn of the event loop. */
export type Turns = <T>(work: () => T) => Promise<T>;

/** Long work for many hosts at once, in turns: between two pieces the event loop answers what hosts send. */
export function takeTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(() => setImmediate()).then(work);
    last = turn.catch(() => {});
    return turn;
  };
}

/** Runs `work` for each of `things` in their order, at most `limit` at a time. Results keep the order. */
export async function eachOf<T, R>(
  things: readonly T[],
  limit: number,
  work: (thing: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Map<number, R>();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < things.length; index = next++) {
      const thing = things[index];
      if (thing !== undefined) results.set(index, await work(thing));
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, things.length) }, worker));
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}

/**
 * Work on one host. An error that it throws becomes this host's failure, and the other hosts go on. A `RoleStop` carries the
 * failure; any other error counts as a bug. All work on a host goes through here or through `onHostNow`, and no other code
 * catches its errors.
 */
export async function onHost<T>(
  host: string,
  work: () => Promise<T>,
  failed: (failure: Failure) => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    return failed(failureOf(host, error));
  }
}

/** The same for synchronous work. */
export function onHostNow<T>(host: string, work: () => T, failed: (failure: Failure) => T): T {
  try {
    return work();
  } catch (error) {
    return failed(failureOf(host, error));
  }
}

const failureOf = (host: string, error: unknown): Failure =>
  error instanceof RoleStop ? error.failure : bug(host, error);
