import type { Scalar } from "yaml";

/**
 * The text of a scalar. If a block of lines ends with the file, without a final newline, libyaml adds no newline, whatever
 * follows `|` or `>`.
 */
export function blockText({ type, value, range }: Scalar, file: string): string {
  const text = String(value);
  const block = type === "BLOCK_LITERAL" || type === "BLOCK_FOLDED";
  if (!block || range?.[1] !== file.length || !text.endsWith("\n")) return text;
  const last = /[^\n\r]*$/.exec(file)?.[0] ?? "";
  // A last line of spaces is part of the block if it has more spaces than the indent.
  const spaces = /(?:^|\n)([ \t]+)\n$/.exec(text)?.[1];
  const inside = last.trim() !== "" || (spaces !== undefined && last.endsWith(spaces));
  return inside ? text.slice(0, -1) : text;
}
