import type { LiveNotes } from "provision";
import { place } from "./place.ts";

/** Who leads, as the voter itself finds out. */
export const live: LiveNotes = {
  script: `sed -n 's/^  "name": "\\(.*\\)",$/\\1/p' ${place.settings}/voter.json
${place.program} check voters || true`,
  notes(output) {
    const [name = "", said = ""] = output.split("\n").map((line) => line.trim());
    const [, leader] = /, (\S+) leads/.exec(said) ?? [];
    if (leader === undefined) return said === "" ? [] : ["the store has no majority"];
    const missing = said.includes("; ") ? [`${/^\d+ of \d+/.exec(said)?.[0]} voters`] : [];
    return [name === leader ? "leads the store" : "voter", ...missing];
  },
};
