import { createHash } from "node:crypto";
import type { ResourceId, Trigger } from "../model/resource.ts";
import type { Script } from "../model/script.ts";
import { raw, sh } from "../script/script.ts";

/**
 * Where reloads and restarts that are due stand until they are done: one file for each resource that watches others.
 * First line `reload` or `restart`, second line the id, encoded. In /var/lib, not /run: a reboot starts daemons with
 * the new files, but an exec's due run is not done by a reboot.
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

/** A file name takes 255 bytes: what is longer is named by its hash, and by the id in its second line. */
function markPath(id: ResourceId): string {
  const name = encodeId(id);
  const short = name.length <= 200 ? name : `~${createHash("sha256").update(id).digest("hex")}`;
  return `${marksFolder}/${short}`;
}

/**
 * Notes on the host that `id` is due, before the change that makes it so. On the disk when the script ends. A mark that
 * is there is left as it is, but for a reload that becomes a restart: a due restart is never weakened.
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
 * Reads what `observeMarks` printed. Something is due wherever a file stands: one whose words cannot be read, which
 * only a broken disk leaves, counts as the stronger.
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
 * Runs a converge script and, if it succeeds, removes the mark of `id`. The pair cannot be cut by the controller's
 * death: signals that a closing connection sends are ignored in it, and what it prints to nobody is no error.
 * A power cut between the two leaves the mark: a reload too many, never one too few.
 */
export function settle(id: ResourceId, script: Script): Script {
  return sh`(
trap '' TERM HUP INT PIPE
(
${script}
) && rm -f -- ${markPath(id)}
)`;
}
