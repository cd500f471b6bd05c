import { Chalk, type ChalkInstance } from "chalk";

/** Colours that any terminal has (the sixteen), or none. Whether to paint at all (NO_COLOR, no terminal) is the caller's to know. */
export function paintWith(color: boolean): ChalkInstance {
  return new Chalk({ level: color ? 1 : 0 });
}
