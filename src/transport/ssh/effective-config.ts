import { execFile } from "node:child_process";
import { createLimit } from "../limit.ts";
import { type Line, type Options, parseDump } from "./options.ts";

/** The options of a host; the words of `ssh` where it refuses ours; undefined where there is no `ssh`. */
type Answer = Options | string | undefined;

const answers = new Map<string, Promise<Answer>>();
/** Processes at once: more only wait for each other on the processor. */
const asking = createLimit(8);

/**
 * What `ssh -G` says of a host. `lines`: those of the config files that count for it. Hosts with the same words and lines
 * share one process, where nothing in them depends on the name.
 */
export async function askSsh(
  words: readonly string[],
  host: string,
  lines: readonly Line[],
): Promise<Answer> {
  const shares = isSame(words, host, lines);
  const key = JSON.stringify([words, shares ? lines : host]);
  const answer = answers.get(key) ?? asking(() => ask([...words, "--", host]));
  answers.set(key, answer);
  const said = await answer;
  return shares && typeof said === "object" ? new Map([...said, ["hostname", [host.toLowerCase()]]]) : said;
}

/** Options that may say something else for each host. */
const BY_NAME = /^(?:hostname|host|match|include|canonical.*)$/;

/**
 * True: what `ssh` says holds for any host for which the same lines count, but for the name itself. `%` stands for parts
 * of the name; and a jump host that is the host itself is refused.
 */
function isSame(words: readonly string[], host: string, lines: readonly Line[]): boolean {
  const values = [...words, ...lines.map(({ value }) => value)].map((value) => value.toLowerCase());
  return (
    /^[\w.:-]+$/.test(host) &&
    !values.some((value) => value.includes("%") || value.includes(host.toLowerCase())) &&
    !words.some((word) => /hostname|canonical/i.test(word)) &&
    !lines.some(({ keyword }) => BY_NAME.test(keyword))
  );
}

function ask(words: readonly string[]): Promise<Answer> {
  return new Promise((resolve) => {
    execFile("ssh", ["-G", ...words], { maxBuffer: 1 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(parseDump(stdout));
      else resolve(typeof error.code === "number" ? stderr.trim() : undefined);
    });
  });
}
