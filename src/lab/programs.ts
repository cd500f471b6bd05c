import { execa } from "execa";
import { err, ok, type Result } from "../base/result.ts";
import type { LabFailure, LabOutput } from "./driver.ts";

/** The folders of programs. PATH may lack the folders of root's programs, for example after `su`. */
export const PROGRAM_FOLDERS = [
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
] as const;

const PATH = PROGRAM_FOLDERS.join(":");

/** How to run a local program. */
export interface LocalOptions {
  readonly signal?: AbortSignal | undefined;
  /** Standard input. Default: empty. */
  readonly input?: string;
  /** The time limit in seconds. Default: 120. */
  readonly seconds?: number;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line of its output while it runs. */
  onLine?(line: string): void;
  /** The stream for `onLine`. Default: stderr. */
  readonly lines?: "stdout" | "stderr";
  /** A stop sends SIGINT to the program only, so that it can finish its current step. Default: SIGTERM to its process group. */
  readonly interruptOnly?: true;
}

/** Runs a program on this machine. Fails if it cannot start, is stopped or takes too long; any exit code is a success. */
export async function runLocal(
  program: string,
  args: readonly string[],
  options: LocalOptions = {},
): Promise<Result<LabOutput, LabFailure>> {
  const seconds = options.seconds ?? 120;
  // Its own process group: Ctrl-C in the terminal does not reach it, and a stop reaches all its processes.
  const child = execa(program, [...args], {
    reject: false,
    detached: true,
    input: options.input ?? "",
    env: { PATH, ...options.env },
  });
  let stopped = "";
  const stop = (why: string): void => {
    stopped ||= why;
    if (options.interruptOnly) child.kill("SIGINT");
    else endGroup(child.pid);
  };
  const onAbort = (): void => stop(`stopped while running ${program}`);
  const timer = setTimeout(() => stop(`${program} did not end within ${seconds} s`), seconds * 1000);
  options.signal?.addEventListener("abort", onAbort);
  if (options.signal?.aborted) onAbort();
  const from = options.lines ?? "stderr";
  if (options.onLine) for await (const line of child.iterable({ from })) options.onLine(line);
  const done = await child;
  clearTimeout(timer);
  options.signal?.removeEventListener("abort", onAbort);
  const { stdout, stderr, exitCode } = done;
  if (stopped !== "") return err({ message: stopped, detail: lastLines(stderr, 15) });
  if (exitCode === undefined)
    return err({ message: `could not run ${program}`, detail: done.originalMessage ?? stderr });
  return ok({ code: exitCode, stdout, stderr });
}

/** Sends SIGTERM to a process group. */
function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, "SIGTERM");
  } catch {
    // It has already ended.
  }
}

/** Runs a program that must end with code 0. Returns its standard output. */
export async function mustRun(
  program: string,
  args: readonly string[],
  options: LocalOptions = {},
): Promise<Result<string, LabFailure>> {
  const done = await runLocal(program, args, options);
  if (!done.ok) return done;
  const { code, stdout, stderr } = done.value;
  if (code === 0) return ok(stdout);
  const detail = lastLines(`${stderr}\n${stdout}`, 15);
  return err({ message: `${program} ${args[0] ?? ""} ended with code ${code}`, detail });
}

/** A program that keeps running after this process ends. */
interface Detached {
  /** The id of its process, and of its group. */
  readonly pid: number | undefined;
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
}

/** Starts a program without input and output that keeps running after this process ends. */
export function startDetached(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Detached {
  const child = execa(program, [...args], {
    reject: false,
    detached: true,
    cleanup: false,
    stdio: "ignore",
    env: { ...env, PATH },
  });
  child.unref();
  const ended = child.then((end) => end.shortMessage ?? `${program} ended with code ${end.exitCode ?? "?"}`);
  return { pid: child.pid, ended };
}

/** Runs a program in this terminal. Returns its exit code. */
export async function runInTerminal(program: string, args: readonly string[]): Promise<number> {
  const done = await execa(program, [...args], { reject: false, stdio: "inherit" });
  return done.exitCode ?? 1;
}

/** The last lines of a text that are not blank. */
export function lastLines(text: string, count: number): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return lines.slice(-count).join("\n");
}
