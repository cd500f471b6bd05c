/** Runs `work` when a slot is free. Waiting calls run in their order. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

/** Allows `size` calls at the same time. */
export function createLimit(size: number): Limit {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= size) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
