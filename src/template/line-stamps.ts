/**
 * Stamps in the output of an instrumented template say which template line printed the text after them. A stamp is STAMP,
 * a letter, a line number and ";". A STAMP character of the text itself is escaped as STAMP "!".
 */
const STAMP = "\u{E000}";

/** Escapes text that contains the stamp character. */
export const escapeStamps = (text: string): string => text.replaceAll(STAMP, `${STAMP}!`);

/** The template's own text follows. It begins on this line; each of its line ends is also one in the template. */
export const contentStamp = (line: number): string => `${STAMP}c${line};`;

/** A value follows. All of its lines belong to this template line. */
export const valueStamp = (line: number): string => `${STAMP}v${line};`;

/** The output of a partial that this line calls follows, up to the leave stamp. */
export const enterStamp = (line: number): string => `${STAMP}p${line};`;
export const leaveStamp = `${STAMP}q0;`;

export interface Rendered {
  readonly text: string;
  /** Index 0 = rendered line 1. The template line is the one that printed the first character that is not blank. */
  readonly lines: readonly number[];
}

/** Removes the stamps and returns the line map. */
export function removeStamps(stamped: string): Rendered {
  const pieces = stamped.split(STAMP);
  const map = new LineMap();
  let text = pieces[0] ?? "";
  map.add(text);
  for (const piece of pieces.slice(1)) {
    const printed = piece.startsWith("!") ? STAMP + piece.slice(1) : map.readStamp(piece);
    text += printed;
    map.add(printed);
  }
  return { text, lines: map.end() };
}

class LineMap {
  readonly #lines: number[] = [];
  readonly #callers: number[] = [];
  #line = 1;
  #counting = false;
  /** The template lines that printed the first character of the current line, and the first that is not blank. */
  #first: number | undefined;
  #firstNonBlank: number | undefined;

  /** Reads the stamp at the start of a piece; returns the text after it. */
  readStamp(piece: string): string {
    const end = piece.indexOf(";");
    const line = Number(piece.slice(1, end));
    const letter = piece[0];
    if (letter === "p") this.#callers.push(line);
    else if (letter === "q") this.#callers.pop();
    else {
      this.#line = line;
      this.#counting = letter === "c";
    }
    return piece.slice(end + 1);
  }

  add(text: string): void {
    let from = 0;
    while (from < text.length) {
      const newline = text.indexOf("\n", from);
      const part = text.slice(from, newline < 0 ? text.length : newline);
      const line = this.#callers[0] ?? this.#line;
      this.#first ??= line;
      if (part.trim() !== "") this.#firstNonBlank ??= line;
      if (newline < 0) return;
      this.#endLine();
      if (this.#counting) this.#line += 1;
      from = newline + 1;
    }
  }

  end(): readonly number[] {
    if (this.#first !== undefined) this.#endLine();
    return this.#lines;
  }

  #endLine(): void {
    this.#lines.push(this.#firstNonBlank ?? this.#first ?? this.#line);
    this.#first = undefined;
    this.#firstNonBlank = undefined;
  }
}
