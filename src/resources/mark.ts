import { createHash } from "node:crypto";
import type { ResourceId, Trigger } from "../model/resource.ts";
import type { Script } from "../model/script.ts";
import { raw, sh } from "../script/script.ts";

/**
 * The folder for marks of pending reloads and restarts: one file for each resource that watches others. Its first line is
 * `reload` or `restart`, the second the encoded id. In /var/lib, not /run: a reboot starts daemons with the new files, but it
 * does not run a pending `exec`.
 */
export const marksFolder = "/var/lib/provision/pending";

/** An id as one line without blanks or slashes, and back: percent signs, as in a URL. */
function encodeId(id: ResourceId): string {
  return encodeURIComponent(id).replaceAll("*", "%2A").replaceAll("'", "%27");
}

function decodeId(text: string): ResourceId | undefined {
  try {
    const id = decodeURIComponent(text);
    const colon = id.indexOf(":");
    return colon < 1 ? undefined : `${id.slice(0, colon)}:${id.slice(colon + 1)}`;
  } catch {
    return undefined;
  }
}

/** A file name may have 255 bytes: for a longer id the name is a hash, and the second line has the id. */
function markPath(id: ResourceId): string {
  const name = encodeId(id);
  const short = name.length <= 200 ? name : `~${createHash("sha256").update(id).digest("hex")}`;
  return `${marksFolder}/${short}`;
}

/**
 * Writes the mark of `id` on the host, before the change that makes the reload necessary. The mark is on the disk when the
 * script ends. An existing mark stays, unless its reload becomes a restart: a pending restart is never weakened.
 */
export function leaveMark(id: ResourceId, trigger: Trigger): Script {
  const path = markPath(id);
  const staged = `${marksFolder}/.staged`;
  const standing = trigger === "reload" ? sh`[ -e ${path} ]` : sh`grep -qx restart ${path} 2>/dev/null`;
  return sh`${standing} || (
umask 077
mkdir -p ${marksFolder} && printf '%s\n' ${trigger} ${encodeId(id)} >${staged} &&
{ sync -- ${staged} 2>/dev/null || sync; } && mv -f -- ${staged} ${path} && { sync -- ${marksFolder} 2>/dev/null || sync; }
) || exit`;
}

/** Prints the names of the files of all marks. */
export const marksOn: Script = sh`ls -- ${marksFolder} 2>/dev/null || :`;

/** Prints all marks, without a fork. */
export function observeMarks(): Script {
  return sh`for mark in ${raw(marksFolder)}/*; do
  [ -f "$mark" ] || continue
  trigger='' id=''
  { IFS= read -r trigger; IFS= read -r id; } <"$mark"
  printf '%s\t%s\t%s\n' "$trigger" "$id" "\${mark##*/}"
done`;
}

/**
 * Reads the output of `observeMarks`. Every file is a mark: a file with unreadable contents, which only a broken disk causes,
 * counts as a restart.
 */
export function parseMarks(output: string): ReadonlyMap<ResourceId, Trigger> {
  const marks = new Map<ResourceId, Trigger>();
  for (const line of output.split("\n")) {
    const [trigger, id = "", name, ...more] = line.split("\t");
    if (name === undefined || name === "" || more.length > 0) continue;
    const due = decodeId(id) ?? decodeId(name);
    if (due !== undefined) marks.set(due, trigger === "reload" ? "reload" : "restart");
  }
  return marks;
}

/**
 * Runs a converge script and, if it succeeds, removes the mark of `id`. The death of the controller does not interrupt the
 * two: the script ignores the signals of a closed connection, and failed writes to it. A power cut between the two leaves
 * the mark: one reload too many, never one too few.
 */
export function settle(id: ResourceId, script: Script): Script {
  return sh`(
trap '' TERM HUP INT PIPE
(
${script}
) && rm -f -- ${markPath(id)}
)`;
}
