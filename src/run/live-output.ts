/** A stream of bytes as lines of text, and as a whole. */
export interface LiveOutput {
  chunk(data: Uint8Array): void;
  /** After the last chunk: a last line that has no end is a line too. */
  end(): void;
  all(): string;
}

/** Cuts a stream into lines, and keeps the whole. Output is text for people: bytes that are no UTF-8 are replaced. */
export function liveOutput(line: (text: string) => void): LiveOutput {
  const decoder = new TextDecoder();
  let all = "";
  let rest = "";
  const take = (text: string): void => {
    all += text;
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) line(part.split("\r").at(-1) ?? "");
  };
  return {
    chunk: (data) => take(decoder.decode(data, { stream: true })),
    end: () => {
      take(decoder.decode());
      if (rest !== "") line(rest);
      rest = "";
    },
    all: () => all,
  };
}
