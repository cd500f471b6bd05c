/**
 * A terminal, as far as rows that redraw themselves need one. Anything else that is written to it is an error: no report may
 * send what this does not know.
 */
export class Terminal {
  readonly #columns: number;
  readonly #rows: number;
  readonly #lines: string[][] = [[]];
  #row = 0;
  #column = 0;
  #rest = "";
  /** How often the rows were drawn: each drawing begins by erasing the one before. */
  drawings = 0;
  cursorShown = true;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
  }

  write(text: string): void {
    // A sequence may be cut by the end of a piece: its start waits for the next.
    const all = this.#rest + text;
    this.#rest = /\x1b(\[[0-9;?]*)?$/.exec(all)?.[0] ?? "";
    const whole = all.slice(0, all.length - this.#rest.length);
    for (const [token] of whole.matchAll(/\x1b\[[0-9;?]*[A-Za-z]|[\s\S]/gu)) this.#take(token);
  }

  /** What a person sees, and what has been scrolled up, without spaces at line ends. */
  get text(): string {
    return this.#lines
      .map((line) =>
        Array.from(line, (letter) => letter ?? " ")
          .join("")
          .trimEnd(),
      )
      .join("\n");
  }

  #take(token: string): void {
    if (token.startsWith("\x1b")) this.#escape(token);
    else if (token === "\r") this.#column = 0;
    else if (token === "\n") this.#down();
    else if (token < " " || token === "\x7f") throw new Error(`control character ${JSON.stringify(token)}`);
    else this.#put(token);
  }

  #put(letter: string): void {
    if (this.#column >= this.#columns) {
      this.#column = 0;
      this.#down();
    }
    const line = this.#lines[this.#row];
    if (line !== undefined) line[this.#column] = letter;
    this.#column += 1;
  }

  #down(): void {
    this.#row += 1;
    if (this.#lines[this.#row] === undefined) this.#lines[this.#row] = [];
  }

  #escape(token: string): void {
    const code = token.slice(2);
    const top = Math.max(0, this.#lines.length - this.#rows);
    if (code === "?25l" || code === "?25h") this.cursorShown = code.endsWith("h");
    else if (code === "2K") this.#lines[this.#row] = [];
    else if (code === "1A") this.#row = Math.max(top, this.#row - 1);
    else if (code === "G") {
      this.#column = 0;
      this.drawings += 1;
    } else if (!/^[0-9;]*m$/.test(code)) throw new Error(`escape sequence ${JSON.stringify(token)}`);
  }
}
