/** A line of a key with at least this many characters is a pattern of its own. */
const MIN_LINE_LENGTH = 20;

/** The texts to search for: each value, and each long line of a value, because output comes line by line. */
export function secretPatterns(values: readonly string[], minLength: number): readonly string[] {
  const patterns = values.flatMap((value) => {
    const whole = value.trim();
    const lines = whole.includes("\n") ? whole.split("\n").map((line) => line.trim()) : [];
    const longLines = lines.filter((line) => line.length >= MIN_LINE_LENGTH && !line.startsWith("-----"));
    return [whole, ...longLines];
  });
  return [...new Set(patterns)].filter((pattern) => pattern.length >= minLength);
}
