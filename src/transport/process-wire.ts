import { spawn } from "node:child_process";
import type { Failure } from "../model/failure.ts";
import type { EarlyOutput, Wire, WireEnd } from "./wire.ts";

/** How long the output is read after the process ends. A daemon that inherited the pipe may never close it. */
const LAST_OUTPUT_MS = 300;

/**
 * Starts a program as a wire, in its own session: Ctrl-C in the terminal reaches only `provision`, which decides what may
 * still finish. `explain`: as in `Wire`. A program that cannot start ends with code 127.
 */
export function spawnWire(
  words: readonly string[],
  explain: (end: WireEnd, early: EarlyOutput) => Failure,
): Wire {
  const [program = "", ...rest] = words;
  const child = spawn(program, rest, { stdio: ["pipe", "pipe", "pipe"], detached: true });
  const { promise, resolve } = deferredEnd();
  child.on("error", (error) => resolve({ code: 127, reason: error.message }));
  child.on("close", (code) => resolve(endOf(code)));
  child.on("exit", (code) => setTimeout(() => resolve(endOf(code)), LAST_OUTPUT_MS).unref());
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

/** A promise and the function that resolves it. Only the first call counts. */
export function deferredEnd(): { readonly promise: Promise<WireEnd>; resolve(end: WireEnd): void } {
  let resolve: (end: WireEnd) => void = () => {};
  const promise = new Promise<WireEnd>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
