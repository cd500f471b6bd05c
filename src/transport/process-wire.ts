import { spawn } from "node:child_process";
import type { Failure } from "../model/failure.ts";
import type { Early, Wire, WireEnd } from "./wire.ts";

/** Milliseconds the output of an ended process is still read; a daemon that inherited it may hold it open for ever. */
const LAST_OUTPUT = 300;

/**
 * Starts a program as a wire. It gets a session of its own, so that Ctrl-C in the terminal reaches `provision` alone, which
 * then decides what may still finish. `explain` as in `Wire`; a program that cannot be started ends with the code 127.
 */
export function spawnWire(words: readonly string[], explain: (end: WireEnd, early: Early) => Failure): Wire {
  const [program = "", ...rest] = words;
  const child = spawn(program, rest, { stdio: ["pipe", "pipe", "pipe"], detached: true });
  const { promise, resolve } = settled();
  child.on("error", (error) => resolve({ code: 127, reason: error.message }));
  child.on("close", (code) => resolve(endOf(code)));
  child.on("exit", (code) => setTimeout(() => resolve(endOf(code)), LAST_OUTPUT).unref());
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    closed: promise,
    explain,
    destroy() {
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      child.kill("SIGKILL");
      child.unref();
      resolve({ reason: "closed here" });
    },
  };
}

function endOf(code: number | null): WireEnd {
  return code === null ? { reason: "killed by a signal" } : { code };
}

/** A promise and what resolves it, the first time. */
export function settled(): { readonly promise: Promise<WireEnd>; resolve(end: WireEnd): void } {
  let resolve: (end: WireEnd) => void = () => {};
  const promise = new Promise<WireEnd>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
