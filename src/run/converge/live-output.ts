/** A stream of bytes as lines of text, and its end. */
export interface LiveOutput {
  chunk(data: Uint8Array): void;
  /** After the last chunk: a last line that has no end is a line too. */
  end(): void;
  /** The last words, for the message of a failure: all of it where it is short. */
  last(): string;
}

/** Characters of a line that are told: a host may print without a line end for ever. */
const longestLine = 4_096;
/** Lines that are told of one output: `apt-get` upgrading a whole system prints a few thousand. */
const mostLines = 20_000;
/** Characters of the end that are kept: far more than the lines of it that a failure shows. */
const keptEnd = 65_536;

/** Cuts a stream into lines, and keeps its end. Output is text for people: bytes that are no UTF-8 are replaced. */
export function liveOutput(line: (text: string) => void): LiveOutput {
  const decoder = new TextDecoder();
  let last = "";
  let rest = "";
  let told = 0;
  const tell = (text: string): void => {
    told += 1;
    if (told <= mostLines) line(shortened(text.split("\r").at(-1) ?? ""));
    else if (told === mostLines + 1) line("… (further lines are not shown)");
  };
  const take = (text: string): void => {
    last = (last + text).slice(-keptEnd);
    const parts = text.split("\n");
    parts[0] = rest + (parts[0] ?? "");
    rest = parts.pop() ?? "";
    for (const part of parts) tell(part);
    // What was written over is not needed, and of a line without end its beginning is enough.
    if (rest.length > longestLine) rest = rest.slice(rest.lastIndexOf("\r") + 1).slice(0, longestLine + 1);
  };
  return {
    chunk: (data) => take(decoder.decode(data, { stream: true })),
    end: () => {
      take(decoder.decode());
      if (rest !== "") tell(rest);
      rest = "";
    },
    last: () => last,
  };
}

function shortened(text: string): string {
  return text.length > longestLine ? `${text.slice(0, longestLine)}…` : text;
}
