import type { Scalar } from "yaml";

/**
 * The text of a scalar. A block of lines that ends with the file, without a newline behind it, ends without one for libyaml,
 * whatever stands behind `|` or `>`.
 */
export function blockText({ type, value, range }: Scalar, file: string): string {
  const text = String(value);
  const block = type === "BLOCK_LITERAL" || type === "BLOCK_FOLDED";
  if (!block || range?.[1] !== file.length || !text.endsWith("\n")) return text;
  const last = /[^\n\r]*$/.exec(file)?.[0] ?? "";
  // A last line of spaces belongs to the block where there are more of them than its indent.
  const spaces = /(?:^|\n)([ \t]+)\n$/.exec(text)?.[1];
  const inside = last.trim() !== "" || (spaces !== undefined && last.endsWith(spaces));
  return inside ? text.slice(0, -1) : text;
}
