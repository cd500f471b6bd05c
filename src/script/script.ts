import type { Script } from "../model/script.ts";

/** Quotes one word for POSIX sh. Throws on NUL, because no argument can hold it. */
export function quote(word: string): string {
  if (word.includes("\0")) throw new Error("a shell word cannot contain NUL");
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

type Part = string | number | readonly string[] | Script;

/**
 * Builds a script. A string or number is quoted as one word, a list as several words. A Script is inserted unchanged, with its
 * input. `sh\`stat -c %s -- ${paths}\``
 */
export function sh(texts: TemplateStringsArray, ...parts: readonly Part[]): Script {
  const input: Uint8Array[] = [];
  let text = texts[0] ?? "";
  parts.forEach((part, index) => {
    text += render(part, input) + (texts[index + 1] ?? "");
  });
  return { text, input };
}

function render(part: Part, input: Uint8Array[]): string {
  if (typeof part === "number") return String(part);
  if (typeof part === "string") return quote(part);
  if ("text" in part) {
    input.push(...part.input);
    return part.text;
  }
  return part.map(quote).join(" ");
}

/** A script from a person, such as the command of an `exec`: it runs unchanged. */
export function raw(text: string): Script {
  return { text, input: [] };
}

/** Scripts in sequence, each on a separate line. */
export function lines(scripts: readonly Script[]): Script {
  return { text: scripts.map((s) => s.text).join("\n"), input: scripts.flatMap((s) => s.input) };
}

/** A command that prints exactly these bytes, which it reads from the request. Use it in a pipe or a redirection. */
export function bytes(data: Uint8Array): Script {
  return data.length === 0 ? raw(":") : { text: `head -c ${data.length}`, input: [data] };
}
