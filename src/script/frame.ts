import { randomBytes } from "node:crypto";
import { unreachable } from "../base/result.ts";
import type { Script } from "../model/script.ts";
import { quote } from "./script.ts";

/*
 * How requests travel. One command is started on the host, the executor. Before the first request that may change
 * something it puts itself behind a guard, so that a run which only looks does not pay for it:
 *
 *   GUARD     copies the connection into a pipe (the pump) and starts the executor in a process group of its own. When
 *             either half ends, the whole group gets TERM and, after 10 s of grace, KILL. So nothing outlives the connection,
 *             also in the middle of a long command that reads nothing.
 *   EXECUTOR  reads `run|look|keep|guard NUMBER TEXT INPUT` (lengths in bytes), the text, then runs it with the input on its
 *             stdin. A `look` runs beside it, while it waits for the next line: without a guard too, the end of the
 *             connection ends it. What it prints is text, and comes as one piece: line by line it cost 40 packets.
 *
 * An answer is the plain output of the script, then `MARK NUMBER CODE` and a newline, on stdout and on stderr, so that both
 * are known to be read to their end. No newline is put before the mark: the bytes are the script's own. The mark is random
 * and comes through stdin, so it stands in no argv and no environment: no `ps` in a script can print it.
 *
 * GUARD and EXECUTOR pass through a login shell that is unknown (dash, bash, csh, fish) within single quotes. So they hold no
 * single quote, no newline, no backslash, and no `!` except before a blank, where csh leaves it alone.
 */

// c = process id of the pump, e = of the executor (and of its group), x = who ended first: l(eft, the pump) or r(ight).
// Children in the background get /dev/null as stdin unless it is said otherwise: hence descriptors 3 (the connection) and 6.
// n counts twentieths of a second. Descriptor 5 leads to the warden, the last part, which outlives both. Zombies do not count as alive: in a container
// whose process 1 reaps nothing they stay for good.
const GUARD = [
  "exec 3<&0 4>&1;",
  "{",
  "{ cat <&3 3<&- 4>&- 5>&- & echo c $! >&5; exec >&5; wait; echo x l >&5; } 2>/dev/null |",
  '{ exec 6<&0; setsid /bin/sh -c "$1" provision "$2" <&6 >&4 3<&- 4>&- 5>&- 6<&- &',
  "echo e $! >&5; wait $! ; echo x r >&5; };",
  "} 5>&1 | {",
  "exec 3<&- 4>&- >/dev/null 2>&1;",
  "c=; e=; x=;",
  'until test "$x" && test "$e"; do read -r k v || break;',
  "case $k in c) c=$v;; e) e=$v;; x) x=$v;; esac; done;",
  'alive() { kill -0 "-$e" || return 1; test -r /proc/self/stat || return 0;',
  'cat /proc/[0-9]*/stat | sed "s/.*) //" | { while read -r s p g _; do',
  'case "$p $s $g" in *" Z $e"|*" X $e") ;; *" $e") exit 0;; esac; done; exit 1; }; };',
  'if test "$x" = r; then kill "$c"; kill -TERM "-$e";',
  'else kill -TERM "-$e" || kill -TERM "$e"; fi;',
  'kill -CONT "-$e";',
  "n=0; while test $n -lt 200 && alive; do d=0.05; s=1; test $n -lt 20 || { d=0.5; s=10; };",
  'sleep "$d" || { sleep 1; s=20; }; n=$((n+s)); done;',
  'kill -KILL "-$e";',
  "}",
].join(" ");

// Descriptor 9 (the lock) is closed around the subshell, not in it: the shell's own saved copy, closed on exec, then
// lives as long as the subshell. A critical section that outlives the connection still holds the lock, while daemons it
// starts do not. What the script leaves unread is drained, so the next header is found and `head` never sees a broken pipe.
const EXECUTOR = [
  "p_t=$1; p_h=$2; p_j=; set --;",
  "unset ENV BASH_ENV CDPATH LANG LANGUAGE GREP_OPTIONS POSIXLY_CORRECT TMOUT;",
  "LC_ALL=C; PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; TERM=dumb;",
  "export LC_ALL PATH TERM; umask 022; cd /;",
  'test -z "$p_h" || { echo "$p_t hello" >&2; echo "$p_t hello"; };',
  "read -r p_m || exit 0;",
  "while read -r p_k p_n p_l p_i; do",
  'test -z "$p_j" || { wait "$p_j"; p_j=; };',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is shell
  'p_s=$(head -c "$p_l" 9>&-; echo .); p_s=${p_s%.};',
  'case "$p_k$p_i" in',
  'guard0) eval "$p_s";;',
  'look0) { p_o=$( ( eval "$p_s" ) </dev/null; p_r=$?; echo .; exit "$p_r" ); p_r=$?;',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is shell
  'echo "$p_m $p_n $p_r" >&2; printf "%s%s " "${p_o%.}" "$p_m"; echo "$p_n $p_r"; } 9>&- &',
  "p_j=$! ; continue;;",
  'keep0) command eval "$p_s" </dev/null; p_r=$?;;',
  'run0) { ( eval "$p_s" ) </dev/null; p_r=$?; } 9>&-;;',
  'run*) { head -c "$p_i" | { ( eval "$p_s" ); p_r=$?; cat >/dev/null; exit $p_r; }; p_r=$?; } 9>&-;;',
  "*) exit 1;;",
  "esac;",
  'echo "$p_m $p_n $p_r" >&2; echo "$p_m $p_n $p_r";',
  "done;",
  // The connection is gone. A look that still goes on is ended; one that has ended is a zombie, as nobody has waited for it.
  'test "$p_j" && read -r p_k p_n p_s p_l </proc/$p_j/stat || exit 0;',
  "case $p_s in Z) exit 0;; esac;",
  'exec 9>&-; trap "" TERM; kill -TERM 0; sleep 1; kill -KILL 0;',
].join(" ");

/** The executor answers, and goes on behind the guard, which wants to be told the mark again. */
export const guardScript: Script = {
  text: `echo "$p_m $p_n 0" >&2; echo "$p_m $p_n 0"; exec /bin/sh -c ${quote(GUARD)} provision ${quote(EXECUTOR)} "$p_t"`,
  input: [],
};

/** How the remote shell becomes root. `prompt` is what sudo shall write when it wants a password. */
export type Elevation =
  | { readonly type: "none" }
  | { readonly type: "sudo" }
  | { readonly type: "sudo-password"; readonly prompt: string };

/** A random word, new for each connection and for each use: 128 bits. */
export function newToken(): string {
  return `provision-${randomBytes(16).toString("hex")}`;
}

/** The words of the command that starts the protocol. `token`: random, its hello ends all noise of login scripts. */
export function bootWords(token: string, elevation: Elevation): readonly string[] {
  const words = ["/bin/sh", "-c", EXECUTOR, "provision", token, "hello"];
  switch (elevation.type) {
    case "none":
      return words;
    case "sudo":
      return ["sudo", "-n", "--", ...words];
    case "sudo-password":
      return ["sudo", "-S", "-p", elevation.prompt, "--", ...words];
    default:
      return unreachable(elevation);
  }
}

/** The same as one line for a login shell of any kind. */
export function bootLine(token: string, elevation: Elevation): string {
  return bootWords(token, elevation).map(quote).join(" ");
}

/** How a request is run, see above. */
export type Verb = "run" | "look" | "keep" | "guard";

/** The first line on stdin: tells the executor the mark that ends each answer. */
export function opening(mark: string): Uint8Array {
  return Buffer.from(`${mark}\n`);
}

/** Pieces up to this size are joined, so that a usual request is one packet. In bytes. */
const JOIN = 65_536;

/**
 * One request as the chunks to write. `number` comes back in the answer. Only `run` may have input. With `keep` the script
 * runs in the executor itself, and must not call `exit`, which would end the connection.
 */
export function encodeRequest(number: number, script: Script, verb: Verb): readonly Uint8Array[] {
  if (script.text.includes("\0")) throw new Error("a script cannot contain NUL");
  const input = script.input.reduce((sum, block) => sum + block.length, 0);
  if (verb !== "run" && input > 0) throw new Error(`${verb} has no input`);
  const text = Buffer.from(script.text);
  const header = Buffer.from(`${verb} ${number} ${text.length} ${input}\n`);
  const blocks = [header, text, ...script.input.filter((block) => block.length > 0)];
  if (header.length + text.length + input <= JOIN) return [Buffer.concat(blocks)];
  return [Buffer.concat([header, text]), ...blocks.slice(2)];
}

/** What one stream (stdout or stderr) carries. */
export type Piece =
  /** Before the hello: words of login scripts, sudo and the shell. */
  | { readonly type: "noise"; readonly bytes: Uint8Array }
  | { readonly type: "hello" }
  | { readonly type: "output"; readonly bytes: Uint8Array }
  /** The end of an answer on this stream. */
  | { readonly type: "end"; readonly request: number; readonly code: number }
  /** A mark that is none: the stream can no longer be trusted. */
  | { readonly type: "broken"; readonly line: string };

/** Cuts one stream into pieces. Output is given on at once, except bytes that may be the beginning of a mark. */
export interface Decoder {
  push(chunk: Uint8Array): readonly Piece[];
}

/** A mark line is the mark, a number and an exit code: more bytes than these behind the mark mean it is none. */
const LONGEST_TAIL = 32;

/** A decoder for one stream that begins with noise. */
export function createDecoder(token: string, mark: string): Decoder {
  const hello = Buffer.from(`${token} hello\n`);
  const start = Buffer.from(`${mark} `);
  let greeted = false;
  let held: Buffer = Buffer.alloc(0);

  function greet(pieces: Piece[]): boolean {
    const { found, before, rest } = splitAt(held, hello);
    if (before.length > 0) pieces.push({ type: "noise", bytes: before });
    held = found ? rest.subarray(hello.length) : rest;
    if (!found) return false;
    greeted = true;
    pieces.push({ type: "hello" });
    return true;
  }

  function cut(pieces: Piece[]): boolean {
    const { found, before, rest } = splitAt(held, start);
    if (before.length > 0) pieces.push({ type: "output", bytes: before });
    held = rest;
    if (!found) return false;
    const newline = held.indexOf(10);
    if (newline < 0 && held.length <= start.length + LONGEST_TAIL) return false;
    const line = held.toString("latin1", start.length, newline < 0 ? held.length : newline);
    held = held.subarray(newline < 0 ? held.length : newline + 1);
    pieces.push(parseEnd(line));
    return true;
  }

  return {
    push(chunk) {
      const more = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      held = held.length === 0 ? more : Buffer.concat([held, more]);
      const pieces: Piece[] = [];
      while (held.length > 0 && (greeted ? cut(pieces) : greet(pieces)));
      return pieces;
    },
  };
}

/** What stands before a needle, and the rest, which begins with it, or may once more has come. */
function splitAt(held: Buffer, needle: Buffer) {
  const at = held.indexOf(needle);
  const end = at < 0 ? held.length - overlap(held, needle) : at;
  return { found: at >= 0, before: held.subarray(0, end), rest: held.subarray(end) };
}

function parseEnd(line: string): Piece {
  const [, request, code] = /^([0-9]{1,12}) ([0-9]{1,3})$/.exec(line) ?? [];
  if (request === undefined || code === undefined) return { type: "broken", line };
  return { type: "end", request: Number(request), code: Number(code) };
}

/** How many bytes at the end of `data` may be the beginning of `word`. */
function overlap(data: Buffer, word: Buffer): number {
  const first = word[0] ?? 0;
  let at = data.indexOf(first, Math.max(0, data.length - word.length + 1));
  while (at >= 0) {
    const length = data.length - at;
    if (word.compare(data, at, data.length, 0, length) === 0) return length;
    at = data.indexOf(first, at + 1);
  }
  return 0;
}
