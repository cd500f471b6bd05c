/** The words of a line, split like Python's `shlex.split(comments=True)`; undefined: a quote is not closed. */
export function shellWords(line: string): readonly Word[] | undefined {
  const words: Word[] = [];
  let at = 0;
  while (at < line.length) {
    const c = line.charAt(at);
    if (c === "#") break;
    if (isSpace(c)) {
      at += 1;
      continue;
    }
    const start = at;
    const word = readWord(line, at);
    if (word === undefined) return undefined;
    at = word.end;
    words.push({ text: word.text, start, end: at });
  }
  return words;
}

/** A word without its quotes, and its position. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const isSpace = (c: string): boolean => /[ \t\r\n]/.test(c);

/** `#` starts a comment, also inside a word: `url=http://x/#y` is `url=http://x/`. */
function readWord(line: string, start: number): { readonly text: string; readonly end: number } | undefined {
  const piece = /"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'|\\([\s\S])|([^ \t\r\n"'\\#]+)/y;
  let text = "";
  let end = start;
  while (end < line.length && !isSpace(line.charAt(end)) && line[end] !== "#") {
    piece.lastIndex = end;
    const match = piece.exec(line);
    if (match === null) return undefined;
    const [all, double, single, escaped, bare] = match;
    text += double?.replace(/\\(["\\])/g, "$1") ?? single ?? escaped ?? bare ?? "";
    end += all.length;
  }
  return { text, end };
}
