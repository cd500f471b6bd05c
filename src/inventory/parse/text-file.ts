import type { Source } from "../../model/source.ts";

/** The text of one file of the user, for positions in it. */
export class TextFile {
  readonly name: string;
  readonly text: string;
  /** Offsets of the first character of each line. */
  readonly #starts: number[] = [0];
  /** Offsets of low surrogates in UTF-16. */
  readonly #halves: readonly number[];

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) this.#starts.push(at + 1);
    this.#halves = /[\ud800-\udbff]/.test(text)
      ? [...text.matchAll(/[\ud800-\udbff](?=[\udc00-\udfff])/g)].map(({ index }) => index + 1)
      : [];
  }

  /** The position of the characters from `start` to `end`, without `end` (UTF-16 offsets). */
  place(start: number, end: number): Place {
    return new Place(this, start, end);
  }

  /** Line of an offset, counted from 1. */
  lineAt(offset: number): number {
    return countUpTo(this.#starts, offset);
  }

  /** Column of an offset, counted from 1 in characters. */
  columnAt(offset: number, line: number): number {
    const start = this.#starts[line - 1] ?? 0;
    const halves = countUpTo(this.#halves, offset - 1) - countUpTo(this.#halves, start);
    return offset - start - halves + 1;
  }

  /** The text of a line, without its line break. */
  line(line: number): string {
    const text = this.text.slice(
      this.#starts[line - 1] ?? 0,
      (this.#starts[line] ?? this.text.length + 1) - 1,
    );
    return text.endsWith("\r") ? text.slice(0, -1) : text;
  }
}

/** The count of sorted numbers up to `most`, by binary search, because a line may be as long as the file. */
function countUpTo(sorted: readonly number[], most: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A source with its text, in a private field, so that nothing prints or compares the text. */
export class Place implements Source {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  readonly endCol?: number;
  readonly #text: TextFile;
  readonly #start: number;
  readonly #end: number;

  constructor(text: TextFile, start: number, end: number) {
    this.file = text.name;
    this.line = text.lineAt(start);
    this.col = text.columnAt(start, this.line);
    if (end > start + 1 && text.lineAt(end) === this.line) this.endCol = text.columnAt(end, this.line);
    this.#text = text;
    this.#start = start;
    this.#end = end;
  }

  lineText(): string {
    return this.#text.line(this.line);
  }

  /** The text at a source, if the source knows it. */
  static written(source: Source): string | undefined {
    return source instanceof Place ? source.#text.text.slice(source.#start, source.#end) : undefined;
  }

  /** The position of `part` inside this position; this position if the file has another spelling (escapes, folds). */
  static within(source: Source, part: string): Source {
    if (!(source instanceof Place) || part === "") return source;
    const at = source.#text.text.slice(source.#start, source.#end).indexOf(part);
    if (at === -1) return source;
    return source.#text.place(source.#start + at, source.#start + at + part.length);
  }
}
