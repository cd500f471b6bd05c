/** Characters of a key's line, or of a text of several lines, that are worth finding by themselves. */
const LONG_LINE = 20;

/** What to look for: values as they are, and the lines of those that have several, as output comes line by line. */
export function secretPatterns(values: readonly string[], shortest: number): readonly string[] {
  const found = values.flatMap((value) => {
    const whole = value.trim();
    const lines = whole.includes("\n") ? whole.split("\n").map((line) => line.trim()) : [];
    const telling = lines.filter((line) => line.length >= LONG_LINE && !line.startsWith("-----"));
    return [whole, ...telling];
  });
  return [...new Set(found)].filter((pattern) => pattern.length >= shortest);
}
