/** A place in a file that the user wrote. Lines and columns count from 1, columns in characters. */
export interface Source {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  /** The column after the last character, on the same line. Absent: the source is one character. */
  readonly endCol?: number;
  /** The text of the line without its end, if known. A function, so that it is never printed or compared by mistake. */
  lineText?(): string;
}

/** The places of a value and of all values inside it: a tree with the shape of the value. */
export interface Origin {
  readonly source: Source;
  /** By mapping key, or by list index as a string. */
  readonly children?: ReadonlyMap<string, Origin>;
}

/** An error or a warning about a file that the user wrote. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly source?: Source;
  /** The text of the line of `source`, without its line end. */
  readonly excerpt?: string;
  /** What to do about it: "did you mean `web`?" */
  readonly hint?: string;
  /** For a fault in a role: the stack trace, one call a line. Shown with `-v`. */
  readonly stack?: string;
}
