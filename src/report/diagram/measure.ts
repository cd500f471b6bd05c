import { printable } from "../../base/text.ts";

/** What a line of text is, which decides how it is set. */
export type LineKind = "tier" | "role" | "service" | "note" | "host" | "need";

/** Pixels: the size of the letters, and from one line to the next. */
const sets: Readonly<
  Record<LineKind, { readonly size: number; readonly height: number; readonly bold: boolean }>
> = {
  tier: { size: 13, height: 20, bold: true },
  role: { size: 15, height: 21, bold: true },
  service: { size: 13, height: 18, bold: false },
  note: { size: 12, height: 16, bold: false },
  host: { size: 13, height: 18, bold: true },
  need: { size: 12, height: 15, bold: false },
};

export const lineHeight = (kind: LineKind): number => sets[kind].height;

/**
 * Pixels that a text takes, at the most: measured as in DejaVu Sans, the widest of the fonts that systems use for their own
 * texts. No font is at hand where the picture is made, and every reader has another.
 */
export function textWidth(text: string, kind: LineKind): number {
  const { size, bold } = sets[kind];
  let ems = 0;
  for (const letter of text) ems += emsOf(letter);
  return Math.ceil(ems * size * (bold ? 1.13 : 1) * (kind === "tier" ? 1.1 : 1));
}

/** The width of a letter by its class, in the letter size. */
function emsOf(letter: string): number {
  if (letter > "\u007e") return letter > "\u2fff" ? 1.1 : 0.9;
  if (/[ijl'|!.,:; ]/.test(letter)) return 0.34;
  if (/[frtI()[\]/-]/.test(letter)) return 0.43;
  if (/[mwMW@%]/.test(letter)) return 0.99;
  return /[A-Z]/.test(letter) ? 0.76 : 0.64;
}

/** A text in lines of so many pixels at most, broken between words; a word that is wider is broken anywhere. */
export function inLines(text: string, kind: LineKind, pixels: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of printable(text)
    .split(" ")
    .flatMap((word) => pieces(word, kind, pixels))) {
    const longer = line === "" ? piece : `${line} ${piece}`;
    if (line !== "" && textWidth(longer, kind) > pixels) {
      lines.push(line);
      line = piece;
    } else line = longer;
  }
  return [...lines, line];
}

/** A word as it is where it has room, else cut. */
function pieces(word: string, kind: LineKind, pixels: number): readonly string[] {
  const found: string[] = [];
  let piece = "";
  for (const letter of word) {
    if (piece !== "" && textWidth(piece + letter, kind) > pixels) {
      found.push(piece);
      piece = "";
    }
    piece += letter;
  }
  return [...found, piece];
}
