import { Chalk, type ChalkInstance } from "chalk";

/** The sixteen colours that every terminal has, or none. The caller decides whether to use colours (NO_COLOR, no terminal). */
export function paintWith(color: boolean): ChalkInstance {
  return new Chalk({ level: color ? 1 : 0 });
}
