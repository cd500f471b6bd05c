/** `0.98 (0.71–1.15)`: the median, the least and the most. */
export function rangeOf(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, middle, most] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  if (least === undefined || middle === undefined || most === undefined) return "–";
  const one = middle.toFixed(2);
  return sorted.length === 1 ? one : `${one} (${least.toFixed(2)}–${most.toFixed(2)})`;
}
