import type { Script } from "../model/script.ts";
import { lines } from "./script.ts";

/** Scripts in sequence in a subshell. Their variables, functions, traps and `exit` do not affect the shell around it. */
export function subshell(scripts: readonly Script[]): Script {
  const body = lines(scripts);
  return { text: `(\n${body.text}\n)`, input: body.input };
}

/** Steps in sequence. The first one that fails ends the subshell around them with its exit code. */
export function steps(scripts: readonly Script[]): readonly Script[] {
  return scripts.map(({ text, input }) => ({ text: `${text} || exit`, input }));
}

/**
 * Splits words into lists for one command each. The arguments of each command stay far below the limit of exec (ARG_MAX, at
 * least 128 KiB on Linux).
 */
export function chunks(words: readonly string[], limit = 96 * 1024): readonly (readonly string[])[] {
  const all: string[][] = [];
  let size = 0;
  for (const word of words) {
    const last = all.at(-1);
    size += Buffer.byteLength(word) + 16;
    if (last !== undefined && size <= limit) last.push(word);
    else {
      all.push([word]);
      size = Buffer.byteLength(word) + 16;
    }
  }
  return all;
}
