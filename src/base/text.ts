import { stripVTControlCharacters } from "node:util";

/** Characters that take two columns on a terminal: emoji and East Asian characters, except half-width ones. */
const wide =
  /(?![\uff61-\uffdc])(?:\p{Extended_Pictographic}|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|[\u3000-\u303e\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6])/u;
let segmenter: Intl.Segmenter | undefined;

/** The graphemes of a text. The segmenter is made when first needed: it is slow to make, and most runs do without. */
function lettersOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return segmenter.segment(text);
}

/** ASCII without control characters needs no further work: most of what a run shows. */
const plainText = /^[\x20-\x7e]*$/;

/** The columns that a text takes on a terminal. It must hold no control characters: see `printable`. */
export function widthOf(text: string): number {
  if (plainText.test(text)) return text.length;
  let width = 0;
  for (const { segment } of lettersOf(text)) width += widthOfLetter(segment);
  return width;
}

const widthOfLetter = (letter: string): number =>
  letter.length > 1 || letter > "\u2fff" ? (wide.test(letter) ? 2 : 1) : 1;

/** A text of at most `columns`, with `…` where it is cut. 0 columns: no terminal, nothing is cut. */
export function clip(text: string, columns: number): string {
  if (columns <= 0 || widthOf(text) <= columns) return text;
  let kept = "";
  let width = 0;
  for (const { segment } of lettersOf(text)) {
    width += widthOfLetter(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

/** A text filled with spaces up to `columns`. */
export function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - widthOf(text)));
}

/**
 * One line that is safe to print on a terminal. Removes colours, cursor movements and marks that change the writing
 * direction, and text that a program overwrote after a carriage return, as progress displays do.
 */
export function printable(text: string): string {
  if (plainText.test(text)) return text;
  const last = text.split("\r").findLast((part) => part.trim() !== "") ?? "";
  return stripVTControlCharacters(last)
    .replaceAll("\t", " ")
    .replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, "");
}

/** The lines of a text, each made printable, without empty lines at the end. */
export function printableLines(text: string): readonly string[] {
  return text.trimEnd().split("\n").map(printable);
}

/** Milliseconds as people read them: `0.4s`, `12.3s`, `2m05s`, `1h02m`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 99.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  const twoDigits = (n: number): string => String(Math.floor(n)).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}m${twoDigits(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${twoDigits((whole % 3600) / 60)}m`;
}

/** `1 host`, `3 hosts`. */
export function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? "" : "s"}`;
}

/** Host names for a heading: as many as fit the columns, and their number. 0 columns: all names. */
export function hostList(hosts: readonly string[], columns: number): string {
  const [first] = hosts;
  if (first === undefined) return "no host";
  if (hosts.length === 1) return clip(printable(first), columns);
  const total = `(${hosts.length} hosts)`;
  const all = hosts.map(printable).join(" ");
  if (columns <= 0 || widthOf(all) + 1 + total.length <= columns) return `${all} ${total}`;
  const room = columns - total.length - 3;
  let shown = "";
  for (const host of hosts.map(printable)) {
    const next = shown === "" ? host : `${shown} ${host}`;
    if (widthOf(next) > room) break;
    shown = next;
  }
  return `${shown === "" ? clip(printable(first), Math.max(1, room)) : shown} … ${total}`;
}

/** Groups values by a key. Groups and their values are in the order of first appearance. */
export function groupBy<T>(
  values: Iterable<T>,
  keyOf: (value: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}

/** A moment as people read it. In UTC, because a report may be read in another time zone. */
export function utc(when: Date, to: "minute" | "second"): string {
  const text = when.toISOString().replace("T", " ");
  return `${text.slice(0, to === "minute" ? 16 : 19)} UTC`;
}
