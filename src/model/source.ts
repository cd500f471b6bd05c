/** A place in a file the user wrote. Lines and columns count from 1, columns in characters. */
export interface Source {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  /** Column behind the last character, on the same line; absent = point at one character. */
  readonly endCol?: number;
  /** The text of the line without its end, where that is known. A call, so that it is never printed or compared by mistake. */
  lineText?(): string;
}

/** Where a value and all values inside it were written: a tree of the value's own shape. */
export interface Origin {
  readonly source: Source;
  /** By mapping key, or by list index written as a string. */
  readonly children?: ReadonlyMap<string, Origin>;
}

/** Something wrong, or worth a warning, in what the user wrote. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly source?: Source;
  /** The text of the line `source` points at, without its line end. */
  readonly excerpt?: string;
  /** What to do about it: "did you mean `web`?" */
  readonly hint?: string;
  /** Of a fault in a role: the calls that led to it, one a line. Shown at `-v`. */
  readonly stack?: string;
}
