import { widthOf } from "../base/text.ts";
import type { Diagnostic, Source } from "../model/source.ts";

/** The most characters shown of one line: a minified file is one line of megabytes. */
const shownLetters = 160;

/**
 * `file:line:col: error: message`, then the line with its number and carets below, then the hint. Plain text in several lines,
 * without a newline at the end. Control characters are replaced, so that a file cannot control the terminal.
 */
export function formatDiagnostic(d: Diagnostic): string {
  const at = d.source;
  const where = at === undefined ? "" : `${at.file}:${at.line}:${at.col}: `;
  const lines = [`${where}${d.severity}: ${d.message}`];
  if (at !== undefined && d.excerpt !== undefined) lines.push(...underline(at, d.excerpt));
  if (d.hint !== undefined) lines.push(`  hint: ${d.hint}`);
  // An excerpt keeps its tabs. All other control characters would move the cursor.
  return lines
    .map((line) => line.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "\ufffd"))
    .join("\n");
}

/** The line, or a part of it, and carets below the source. */
function underline(at: Source, excerpt: string): readonly string[] {
  const letters = [...excerpt];
  const from = letters.length > shownLetters ? Math.max(0, at.col - 1 - shownLetters / 2) : 0;
  const shown = letters.slice(from, from + shownLetters);
  const start = Math.min(at.col - 1 - from, shown.length);
  const end = Math.max((at.endCol ?? at.col + 1) - 1 - from, start + 1);
  const [cut, rest] = [from > 0 ? "…" : "", from + shownLetters < letters.length ? "…" : ""];
  const number = String(at.line);
  const before = shown.slice(0, start).join("").split("\t").map(filled(" ")).join("\t");
  const carets = filled("^")(shown.slice(start, end).join("")) || "^";
  return [
    `  ${number} | ${cut}${shown.join("")}${rest}`,
    `  ${" ".repeat(number.length)} | ${filled(" ")(cut)}${before}${carets}`,
  ];
}

/** Repeats a character for each column of a text. */
const filled =
  (letter: string) =>
  (text: string): string =>
    letter.repeat(widthOf(text));
