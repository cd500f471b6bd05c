import { createHash } from "node:crypto";
import type { Script } from "../model/script.ts";
import { bytes, raw, sh } from "../script/script.ts";
import { sha256 } from "./resource.ts";

/** Exit code of a converge if the daemon's checker refused the staged file; the old file stays. (EX_DATAERR.) */
export const refusedCode = 65;

/** A file to write. */
export interface Placing {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly owner: string;
  readonly group: string;
  readonly mode: string;
  /** Shell command; `%s` is the staged path. */
  readonly check?: string | undefined;
}

/**
 * The path at which a file is written before the rename: beside the target, so that the rename is atomic and relative
 * includes work. It is hidden and ends in `~`, so that no `conf.d/*` glob, run-parts, cron or systemd reads it. The name is
 * always the same, so the next run removes a file that a power cut has left.
 */
export function stagedPath(path: string): string {
  const cut = path.lastIndexOf("/") + 1;
  const name = path.slice(cut);
  const short =
    Buffer.byteLength(name) <= 240 ? name : createHash("sha256").update(name).digest("hex").slice(0, 32);
  return `${path.slice(0, cut)}.${short}.provision~`;
}

/**
 * Shell functions that a script needs once before `place`, `own` and `sync`.
 *
 * provision_place TARGET STAGED SHA256 OWNER:GROUP MODE CHECK <CONTENT. The staged file is created with O_EXCL, and owner and
 * mode are set through its descriptor: in a folder that a user may write to, a link in place of the staged file could make
 * root change another file. After an error the input is still read to its end, because the bytes after it belong to the next
 * script.
 */
export const placing: Script = raw(`provision_sync() { sync -- "$1" 2>/dev/null || sync; }
provision_no() { cat >/dev/null; echo "provision: $1" >&2; exit 1; }
provision_place() (
  target=$1 staged=$2 folder=\${1%/*}
  umask 077
  set -C
  [ -d "\${folder:-/}" ] || provision_no "$target: there is no directory \${folder:-/}. Declare it before the file"
  [ -L "$target" ] || [ ! -d "$target" ] || provision_no "$target is a directory"
  trap 'rm -f -- "$staged"' EXIT
  trap 'exit 143' TERM HUP INT PIPE
  rm -f -- "$staged" || provision_no "cannot remove $staged"
  command exec 4>"$staged" || provision_no "cannot write to \${folder:-/}"
  cat >&4 || provision_no "$target: could not write the file. Is the disk full?"
  sum=$(sha256sum <"$staged") || exit 1
  [ "\${sum%% *}" = "$3" ] || provision_no "$target: the received bytes differ from those that were sent. Nothing was changed"
  handle=/proc/self/fd/4
  [ -e "$handle" ] || handle=$staged
  chown -- "$4" "$handle" && chmod -- "$5" "$handle" || exit 1
  exec 4>&-
  if [ -n "$6" ]; then sh -c "$6" </dev/null || exit ${refusedCode}; fi
  provision_sync "$staged"
  mv -fT -- "$staged" "$target" || provision_no "$target: could not replace the file. Is it immutable (lsattr) or a mount point?"
  provision_sync "\${folder:-/}"
)`);

/** Writes a file as a whole or not at all. Needs `placing` before it. */
export function place(file: Placing): Script {
  const staged = stagedPath(file.path);
  const check = file.check === undefined ? "" : file.check.replaceAll("%s", () => sh`${staged}`.text);
  const owners = `${file.owner}:${file.group}`;
  return sh`${bytes(file.bytes)} | provision_place ${file.path} ${staged} ${sha256(file.bytes)} ${owners} ${file.mode} ${check}`;
}

/** Fields of a file or directory that differ, with their desired values. */
export interface Owning {
  readonly path: string;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly mode?: string | undefined;
}

/**
 * Sets owner and mode of an existing file or directory. A link at the path is refused, because `chmod` would follow it.
 * `chown` clears the set-id bits, so the mode comes after it. GNU chmod clears a folder's set-id bits only with five digits.
 */
export function own({ path, owner, group, mode }: Owning): Script {
  const owners =
    owner === undefined && group === undefined
      ? undefined
      : `${owner ?? ""}${group === undefined ? "" : `:${group}`}`;
  const acts = [
    ...(owners === undefined ? [] : [sh`chown -h -- ${owners} ${path}`]),
    ...(mode === undefined ? [] : [sh`chmod -- ${`0${mode}`} ${path}`]),
  ];
  const text = acts.map((act) => act.text).join(" && ");
  return raw(sh`[ ! -L ${path} ] && ${raw(text === "" ? ":" : text)}`.text);
}
