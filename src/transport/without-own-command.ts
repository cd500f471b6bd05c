/** Longest line of a host's words that is shown: longer ones are no message for a person. */
const LONGEST = 600;

/**
 * A host's words without what they quote of us: sudo, shells and `ssh -v` repeat the whole command line, and sudo its prompt.
 * `token`: the random word in both.
 */
export function withoutOurWords(text: string, token: string): string {
  return text
    .replaceAll(`[${token}] password:`, "")
    .split("\n")
    .map((line) => shortened(withoutProgram(line, token)))
    .join("\n")
    .trim();
}

/** Variables of our program, which no message of anybody else has. */
const OURS = /p_t=\$1|\bp_m\b|\bp_k\$p_i\b/;

function withoutProgram(line: string, token: string): string {
  const whole = new RegExp(`(?<![\\w-])${token}(?![\\w-])`, "g");
  const at = [...line.matchAll(whole)].at(-1)?.index ?? -1;
  if (at < 0 && !OURS.test(line)) return line;
  const program = line.search(/['"\\]*\/bin\/sh\b/);
  // Only the end of what was said is kept: the line may begin within the program.
  const start = program >= 0 ? program : OURS.test(line) ? 0 : at;
  const tail = at < 0 ? "" : line.slice(at + token.length).replace(/^['"\\]*( +['"]?hello)?['"\\]?/, "");
  const head = line.slice(0, start);
  return program >= 0 || OURS.test(line) ? `${head}/bin/sh …${tail}` : `${head}…${tail}`;
}

function shortened(line: string): string {
  return line.length > LONGEST ? `${line.slice(0, LONGEST)} …` : line;
}
