import { randomBytes } from "node:crypto";
import { unreachable } from "../base/result.ts";
import type { Script } from "../model/script.ts";
import { quote } from "./script.ts";

/*
 * The protocol of requests. The connection starts one command on the host, the executor. Before the first request that may
 * change something, the executor restarts itself behind a guard. A run that only observes does without the guard:
 *
 *   GUARD     copies the connection into a pipe (the pump) and starts the executor in a new process group. When either half
 *             ends, the whole group gets TERM and, 10 s later, KILL. So no process outlives the connection, not even a long
 *             command that reads nothing.
 *   EXECUTOR  reads `run|look|keep|guard NUMBER TEXT INPUT` (lengths in bytes), then the text, and runs it with the input on
 *             its stdin. A `look` runs in the background while the executor waits for the next line, so the end of the
 *             connection ends a `look` without a guard too. Its output is sent as one piece: line by line took 40 packets.
 *
 * An answer is the plain output of the script, then `MARK NUMBER CODE` and a newline, on stdout and on stderr. So the reader
 * knows that it has read both to the end. No newline comes before the mark, because the bytes are those of the script. The
 * mark is random and comes through stdin. It is in no argv and no environment, so a `ps` in a script cannot print it.
 *
 * GUARD and EXECUTOR pass through an unknown login shell (dash, bash, csh, fish) in single quotes. So they hold no single
 * quote, no newline, no backslash, and no `!` except before a blank, where csh ignores it.
 */

// c = process id of the pump, e = that of the executor and its group, x = which ended first: l(eft, the pump) or r(ight).
// Background processes get /dev/null as stdin by default. Descriptors 3 (the connection) and 6 avoid that.
// n counts twentieths of a second. Descriptor 5 leads to the last part, which outlives both. Zombies do not count as alive:
// they stay forever in a container whose process 1 does not reap them.
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

// Descriptor 9 (the lock) is closed around the subshell, not in it. The shell then keeps a saved copy, closed on exec, as long
// as the subshell lives. So a critical section that outlives the connection still holds the lock, but a daemon that it starts
// does not. Input that the script does not read is discarded, so that the next header is found and `head` gets no broken pipe.
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
  // The connection is gone. Ends a look that still runs. One that has ended is a zombie, because the shell did not wait for it.
  'test "$p_j" && read -r p_k p_n p_s p_l </proc/$p_j/stat || exit 0;',
  "case $p_s in Z) exit 0;; esac;",
  'exec 9>&-; trap "" TERM; kill -TERM 0; sleep 1; kill -KILL 0;',
].join(" ");

/** The executor answers, then restarts behind the guard. After that it reads the mark again. */
export const guardScript: Script = {
  text: `echo "$p_m $p_n 0" >&2; echo "$p_m $p_n 0"; exec /bin/sh -c ${quote(GUARD)} provision ${quote(EXECUTOR)} "$p_t"`,
  input: [],
};

/** How the remote shell becomes root. `prompt` is the text with which sudo asks for a password. */
export type Elevation =
  | { readonly type: "none" }
  | { readonly type: "sudo" }
  | { readonly type: "sudo-password"; readonly prompt: string };

/** A random token of 128 bits. Each connection and each use needs a new one. */
export function newToken(): string {
  return `provision-${randomBytes(16).toString("hex")}`;
}

/** The words of the command that starts the protocol. `token` is random: its hello ends the output of login scripts. */
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

/** The same command as one line for any login shell. */
export function bootLine(token: string, elevation: Elevation): string {
  return bootWords(token, elevation).map(quote).join(" ");
}

/** How a request runs: see the top of this file. */
export type Verb = "run" | "look" | "keep" | "guard";

/** The first line on stdin: the mark that ends each answer. */
export function opening(mark: string): Uint8Array {
  return Buffer.from(`${mark}\n`);
}

/** Requests up to this size, in bytes, become one chunk, so that a usual request is one packet. */
const JOIN = 65_536;

/**
 * One request as chunks to write. The answer repeats `number`. Only `run` may have input. With `keep` the script runs in the
 * executor itself, so it must not call `exit`: that ends the connection.
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
  /** Before the hello: output of login scripts, sudo and the shell. */
  | { readonly type: "noise"; readonly bytes: Uint8Array }
  | { readonly type: "hello" }
  | { readonly type: "output"; readonly bytes: Uint8Array }
  /** The end of an answer on this stream. */
  | { readonly type: "end"; readonly request: number; readonly code: number }
  /** An invalid line after the mark: the stream is out of step. */
  | { readonly type: "broken"; readonly line: string };

/** Cuts one stream into pieces. It returns output at once, except bytes that may be the beginning of a mark. */
export interface Decoder {
  push(chunk: Uint8Array): readonly Piece[];
}

/** The most bytes for the number and the exit code after a mark. More bytes without a newline are an invalid line. */
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

/** The bytes before a word, and the rest. The rest begins with the word, or with bytes that may become it. */
function splitAt(held: Buffer, word: Buffer) {
  const at = held.indexOf(word);
  const end = at < 0 ? held.length - overlap(held, word) : at;
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
