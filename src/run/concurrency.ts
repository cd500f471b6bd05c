/** Runs `work` for each of `things`, at most `limit` at a time, in order of the list. Results keep the order. */
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
