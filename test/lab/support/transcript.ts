/** A command of a document, and what the document says that it prints. */
export interface Shown {
  readonly line: string;
  /** 0, unless the line says `# exit N`. */
  readonly code: number;
  /** `…` stands for anything; alone in a line, for any lines. Times stand for any times. */
  readonly output: readonly string[];
}

/** The blocks of one language below a heading, up to the next of its rank. */
export function blocks(markdown: string, heading: string, language: string): readonly string[] {
  const [, rank = "##"] = /^(#+) /.exec(heading) ?? [];
  const from = markdown.indexOf(`\n${heading}\n`);
  if (from < 0) throw new Error(`there is no heading ${heading}`);
  const to = markdown.indexOf(`\n${rank} `, from + heading.length);
  const section = markdown.slice(from, to < 0 ? undefined : to);
  return [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , text = ""]) => text);
}

/** The commands of a `console` block: lines that begin with `$ `, each with the lines up to the next. */
export function commandsIn(block: string): readonly Shown[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const [line = "", ...output] = text.trimEnd().split("\n");
      return { line, code: Number(/# exit (\d)/.exec(line)?.[1] ?? 0), output };
    });
}

/** What is shown and was not printed, or not in this order; `undefined` where all of it was. */
export function unprinted(output: readonly string[], printed: string): string | undefined {
  const lines = printed.split("\n").filter((line) => line.trim() !== "");
  let from = 0;
  for (const part of partsOf(output)) {
    const patterns = part.map(patternOf);
    const at = lines.findIndex(
      (_, i) => i >= from && patterns.every((pattern, j) => pattern.test(lines[i + j] ?? "")),
    );
    if (at < 0) return part.join("\n");
    from = at + part.length;
  }
  return undefined;
}

/** Lines that follow each other at once; between parts there may be others. */
function partsOf(output: readonly string[]): readonly (readonly string[])[] {
  return output
    .join("\n")
    .split(/^\s*…$/m)
    .map((part) => part.split("\n").filter((line) => line.trim() !== ""))
    .filter((part) => part.length > 0);
}

function patternOf(line: string): RegExp {
  const escaped = line.trim().replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const source = escaped
    .replace(/ +/g, " +")
    .replace(/(?: \+)?(?:\d+m)?\d+(?:\\\.\d+)?(?: \+)?s\b/g, " *(?:\\d+m)?[\\d.]+ ?s")
    .replaceAll("…", ".*");
  return new RegExp(`^\\s*${source}\\s*$`);
}
