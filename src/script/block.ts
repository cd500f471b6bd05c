import type { Script } from "../model/script.ts";
import { lines } from "./script.ts";

/** Scripts one after another in a subshell: their variables, functions, traps and `exit` end with it. */
export function subshell(scripts: readonly Script[]): Script {
  const body = lines(scripts);
  return { text: `(\n${body.text}\n)`, input: body.input };
}

/** Steps one after another; the first that fails ends the subshell around them with its own code. */
export function steps(scripts: readonly Script[]): readonly Script[] {
  return scripts.map(({ text, input }) => ({ text: `${text} || exit`, input }));
}

/**
 * Words for one command each: a call's arguments together stay far below the least limit on an exec (ARG_MAX 128 KiB
 * on the smallest Linux stack), however many words there are.
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
