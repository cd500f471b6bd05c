import { structuredPatch } from "diff";
import { count } from "../base/text.ts";
import { paintWith } from "./paint.ts";

/** The most lines shown of one diff: a person reads no more. */
const shownLines = 200;
/** With more edits, two files have too little in common for a readable diff. */
const mostEdits = 5000;

/** A unified diff with three lines of context; empty without a difference. Ends with a line end. */
export function renderDiff(
  path: string,
  before: string,
  after: string,
  view: { readonly color: boolean },
): string {
  if (before === after) return "";
  if (isBinary(before) || isBinary(after))
    return `binary content changed (${bytes(before)} → ${bytes(after)})\n`;
  const patch = structuredPatch(path, path, before, after, undefined, undefined, {
    context: 3,
    maxEditLength: mostEdits,
  });
  if (patch === undefined) {
    return `nearly all lines differ (${count(linesOf(before), "line")} → ${count(linesOf(after), "line")})\n`;
  }
  const body = patch.hunks.flatMap((hunk) => [
    `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`,
    ...hunk.lines,
  ]);
  const shown = [`--- ${path} (on the host)`, `+++ ${path} (desired)`, ...body.slice(0, shownLines)].map(
    visible,
  );
  const cut = body.length - shownLines;
  const painted = shown.map((line, index) => paintLine(line, index < 2, view.color));
  if (cut > 0) painted.push(`… ${count(cut, "more line")} of this diff not shown`);
  return `${painted.join("\n")}\n`;
}

/** Text never has NUL. Decoding turns bytes that are not UTF-8 into U+FFFD. */
const isBinary = (text: string): boolean => /[\0\ufffd]/.test(text);
const bytes = (text: string): string =>
  text === "" ? "nothing" : count(new TextEncoder().encode(text).length, "byte");
const linesOf = (text: string): number => text.split("\n").length - (text.endsWith("\n") ? 1 : 0);

/**
 * Shows control characters as symbols, so that a diff of line ends is visible, and marks that change the writing direction as
 * code points. Tabs stay.
 */
function visible(line: string): string {
  return line
    .replace(
      /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
      (mark) => `<U+${mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}>`,
    )
    .replace(/[\x00-\x08\x0b-\x1f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/[\x7f-\x9f]/g, "␡");
}

function paintLine(line: string, heading: boolean, color: boolean): string {
  const paint = paintWith(color);
  if (heading) return paint.bold(line);
  if (line.startsWith("+")) return paint.green(line);
  if (line.startsWith("-")) return paint.red(line);
  return line.startsWith("@@") ? paint.cyan(line) : line;
}
