import type { Script } from "../model/script.ts";
import { quote } from "./script.ts";

/** A named part of a longer script. Its output can be separated from that of the other parts. */
export interface Section {
  readonly name: string;
  readonly script: Script;
}

/** The output of one section, and its exit code. */
export interface SectionOutput {
  readonly output: string;
  readonly code: number;
}

/**
 * Joins scripts into one request. They share one shell, because starting another one takes longer than most of the scripts. A
 * script that is not trusted, or may call `exit`, must bring a subshell. `nonce` must not occur in any output: it is random and
 * new for each request.
 */
export function joinSections(nonce: string, sections: readonly Section[]): Script {
  const text = sections
    .map(
      ({ name, script }) =>
        `printf '\\n%s > %s\\n' ${nonce} ${quote(name)}\n{\n${script.text}\n}\nprintf '\\n%s < %s\\n' ${nonce} "$?"`,
    )
    .join("\n");
  return { text, input: sections.flatMap((s) => s.script.input) };
}

/** Splits the output of a script from `joinSections`. A section that is missing or cut off is not in the map. */
export function splitSections(nonce: string, output: string): ReadonlyMap<string, SectionOutput> {
  const found = new Map<string, SectionOutput>();
  for (const part of output.split(`\n${nonce} > `).slice(1)) {
    const nameEnd = part.indexOf("\n");
    const end = part.lastIndexOf(`\n${nonce} < `);
    if (nameEnd < 0 || end < nameEnd) continue;
    const code = Number.parseInt(part.slice(end + nonce.length + 4), 10);
    if (Number.isNaN(code)) continue;
    found.set(part.slice(0, nameEnd), { output: part.slice(nameEnd + 1, Math.max(nameEnd + 1, end)), code });
  }
  return found;
}
