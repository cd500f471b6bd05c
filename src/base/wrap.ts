import { printable, widthOf } from "./text.ts";

/**
 * A text in lines of at most `columns`, broken between words. `first` is the indent of the first line, `rest` that of the
 * others. A word that is too long gets a separate line. 0 columns: no terminal, one line.
 */
export function wrap(text: string, columns: number, first: string, rest: string = first): readonly string[] {
  if (columns <= 0) return [first + printable(text)];
  const lines: string[] = [];
  let line = "";
  for (const word of printable(text).split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    const start = lines.length === 0 ? first : rest;
    if (line !== "" && widthOf(start) + widthOf(longer) > columns) {
      lines.push(start + line);
      line = word;
    } else line = longer;
  }
  return [...lines, (lines.length === 0 ? first : rest) + line];
}
