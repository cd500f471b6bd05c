/**
 * Invisible stamps in the output of an instrumented template, that say which template line the text behind them
 * came from. A stamp is STAMP, a letter, a line number, ";". A STAMP that belongs to the text is written STAMP "!", so
 * that any text at all survives.
 */
const STAMP = "\u{E000}";

/** Makes text safe to stand between stamps. */
export const escapeStamps = (text: string): string => text.replaceAll(STAMP, `${STAMP}!`);

/** What follows is the template's own text, beginning on this line; each line end in it is one in the template. */
export const contentStamp = (line: number): string => `${STAMP}c${line};`;

/** What follows is a value printed by this line: however many lines it has, all are of this one. */
export const valueStamp = (line: number): string => `${STAMP}v${line};`;

/** What follows, up to the leave stamp, was printed by another file called on this line. */
export const enterStamp = (line: number): string => `${STAMP}p${line};`;
export const leaveStamp = `${STAMP}q0;`;

export interface Rendered {
  readonly text: string;
  /** Index 0 = rendered line 1. A line is of the template line that printed its first character that is not blank. */
  readonly lines: readonly number[];
}

/** Takes the stamps out and draws up the line map. */
export function takeStampsOut(stamped: string): Rendered {
  const pieces = stamped.split(STAMP);
  const map = new LineMap();
  let text = pieces[0] ?? "";
  map.put(text);
  for (const piece of pieces.slice(1)) {
    const printed = piece.startsWith("!") ? STAMP + piece.slice(1) : map.obey(piece);
    text += printed;
    map.put(printed);
  }
  return { text, lines: map.end() };
}

class LineMap {
  readonly #lines: number[] = [];
  readonly #callers: number[] = [];
  #line = 1;
  #counting = false;
  /** Of the rendered line in hand: who printed its first character, and its first that is not blank. */
  #first: number | undefined;
  #solid: number | undefined;

  /** Reads the stamp at the start of a piece; returns the text behind it. */
  obey(piece: string): string {
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

  put(text: string): void {
    let from = 0;
    while (from < text.length) {
      const newline = text.indexOf("\n", from);
      const part = text.slice(from, newline < 0 ? text.length : newline);
      const line = this.#callers[0] ?? this.#line;
      this.#first ??= line;
      if (part.trim() !== "") this.#solid ??= line;
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
    this.#lines.push(this.#solid ?? this.#first ?? this.#line);
    this.#first = undefined;
    this.#solid = undefined;
  }
}
