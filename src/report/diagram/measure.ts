import { printable } from "../../base/text.ts";

/** The kind of a line of text. It decides the font size. */
export type LineKind = "tier" | "role" | "service" | "note" | "host" | "need";

/** The font of each kind of line, in pixels. */
const fonts: Readonly<
  Record<LineKind, { readonly size: number; readonly height: number; readonly bold: boolean }>
> = {
  tier: { size: 13, height: 20, bold: true },
  role: { size: 15, height: 21, bold: true },
  service: { size: 13, height: 18, bold: false },
  note: { size: 12, height: 16, bold: false },
  host: { size: 13, height: 18, bold: true },
  need: { size: 12, height: 15, bold: false },
};

export const lineHeight = (kind: LineKind): number => fonts[kind].height;

/**
 * An upper limit for the width of a text, in pixels: its width in DejaVu Sans, the widest of the usual system fonts. The program
 * has no font, and each reader may have another one.
 */
export function textWidth(text: string, kind: LineKind): number {
  const { size, bold } = fonts[kind];
  let ems = 0;
  for (const letter of text) ems += emsOf(letter);
  return Math.ceil(ems * size * (bold ? 1.13 : 1) * (kind === "tier" ? 1.1 : 1));
}

/** The width of a character by its class, relative to the font size. */
function emsOf(letter: string): number {
  if (letter > "\u007e") return letter > "\u2fff" ? 1.1 : 0.9;
  if (/[ijl'|!.,:; ]/.test(letter)) return 0.34;
  if (/[frtI()[\]/-]/.test(letter)) return 0.43;
  if (/[mwMW@%]/.test(letter)) return 0.99;
  return /[A-Z]/.test(letter) ? 0.76 : 0.64;
}

/** A text in lines of limited width, broken between words. A wider word is broken anywhere. */
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

/** A word, cut into pieces if it is too wide. */
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
