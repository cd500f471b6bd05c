import type { LiveNotes } from "provision";
import { place } from "./place.ts";

/** Prints the voter's name. */
const ownName = `sed -n 's/^  "name": "\\(.*\\)",$/\\1/p' ${place.settings}/voter.json`;

/** Ends with 0 on the voter that leads. */
export const leads = `name=$(${ownName})
case "$(${place.program} check voters)" in *", $name leads"*) ;; *) exit 1;; esac`;

/** Who leads, as the voter itself finds out. */
export const live: LiveNotes = {
  script: `${ownName}
${place.program} check voters || true`,
  notes(output) {
    const [name = "", said = ""] = output.split("\n").map((line) => line.trim());
    const [, leader] = /, (\S+) leads/.exec(said) ?? [];
    if (leader === undefined) return said === "" ? [] : ["the store has no majority"];
    const missing = said.includes("; ") ? [`${/^\d+ of \d+/.exec(said)?.[0]} voters`] : [];
    return [name === leader ? "leads the store" : "voter", ...missing];
  },
};
