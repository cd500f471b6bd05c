import type { Script } from "../model/script.ts";

/** Quotes one word for POSIX sh. Refuses NUL, which no argument can carry. */
export function quote(word: string): string {
  if (word.includes("\0")) throw new Error("a shell word cannot contain NUL");
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

type Part = string | number | readonly string[] | Script;

/**
 * Builds a script: strings and numbers are quoted as one word, a list as its words, a Script is put in as it is,
 * with its input. `sh\`stat -c %s -- ${paths}\``
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

/** A script given by a person (a role's check, an exec's command): run as it is. */
export function raw(text: string): Script {
  return { text, input: [] };
}

/** Scripts one after another, one a line. */
export function lines(scripts: readonly Script[]): Script {
  return { text: scripts.map((s) => s.text).join("\n"), input: scripts.flatMap((s) => s.input) };
}

/** Reads exactly these bytes from the request: use as the source of a redirection or a pipe. */
export function bytes(data: Uint8Array): Script {
  return data.length === 0 ? raw(":") : { text: `head -c ${data.length}`, input: [data] };
}
