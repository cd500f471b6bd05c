/**
 * Edits between two names: insertions, deletions, replacements and swaps of neighbours cost 1 each (optimal string
 * alignment). Stops early and returns `limit + 1` when the distance is larger than `limit`.
 */
export function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: readonly number[] = [];
  let above: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = nextRow(a, b, i, [above, before]);
    if (Math.min(...row) > limit) return limit + 1;
    before = above;
    above = row;
  }
  return Math.min(above[b.length] ?? 0, limit + 1);
}

/** One row of the table of distances: from the first `i` characters of `a` to every prefix of `b`. Needs the two rows above. */
function nextRow(
  a: string,
  b: string,
  i: number,
  [above, before]: readonly [readonly number[], readonly number[]],
): number[] {
  const at = (row: readonly number[], j: number): number => row[j] ?? 0;
  const row = [i];
  for (let j = 1; j <= b.length; j++) {
    const replace = at(above, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
    const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
    const swap = swapped ? at(before, j - 2) + 1 : replace;
    row.push(Math.min(at(above, j) + 1, at(row, j - 1) + 1, replace, swap));
  }
  return row;
}

/**
 * The candidate that a person most likely meant by `name`; `undefined` when no candidate is near. Near is at most one edit for every
 * three characters, and never more than three edits. Case does not count. Among equals the first one wins.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  // Nobody types a longer name by mistake, and comparing it costs time. A single letter is near to every other letter.
  if (name.length > 200 || name.length < 2) return undefined;
  let best: string | undefined;
  let bestDistance = Math.min(3, Math.max(1, Math.floor(name.length / 3))) + 1;
  const lower = name.toLowerCase();
  for (const candidate of candidates) {
    const d = distance(lower, candidate.toLowerCase(), bestDistance - 1);
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}
