/** Longer lines of a host's output are cut. */
const MAX_LINE = 600;

/**
 * A host's output without the boot program of `provision`: sudo, shells and `ssh -v` quote the whole command line, and sudo
 * prints its prompt. `token`: the random word in the command line and the prompt.
 */
export function withoutOwnCommand(text: string, token: string): string {
  return text
    .replaceAll(`[${token}] password:`, "")
    .split("\n")
    .map((line) => shortened(withoutProgram(line, token)))
    .join("\n")
    .trim();
}

/** Variables of the boot program. No other message contains them. */
const BOOT_VARIABLES = /p_t=\$1|\bp_m\b|\bp_k\$p_i\b/;

function withoutProgram(line: string, token: string): string {
  const whole = new RegExp(`(?<![\\w-])${token}(?![\\w-])`, "g");
  const at = [...line.matchAll(whole)].at(-1)?.index ?? -1;
  if (at < 0 && !BOOT_VARIABLES.test(line)) return line;
  const program = line.search(/['"\\]*\/bin\/sh\b/);
  // Only the end of the output is kept, so the line may begin inside the program.
  const start = program >= 0 ? program : BOOT_VARIABLES.test(line) ? 0 : at;
  const tail = at < 0 ? "" : line.slice(at + token.length).replace(/^['"\\]*( +['"]?hello)?['"\\]?/, "");
  const head = line.slice(0, start);
  return program >= 0 || BOOT_VARIABLES.test(line) ? `${head}/bin/sh …${tail}` : `${head}…${tail}`;
}

function shortened(line: string): string {
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)} …` : line;
}
