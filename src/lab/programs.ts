import { execa } from "execa";
import { err, ok, type Result } from "../base/result.ts";
import type { LabFailure, LabOutput } from "./driver.ts";

/** Where programs are looked for: root's own folders too, which `su` without a dash leaves out of PATH. */
export const FOLDERS = [
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
] as const;

const PATH = FOLDERS.join(":");

/** How a local program is run. */
export interface LocalOptions {
  readonly signal?: AbortSignal | undefined;
  /** Fed to its standard input, which is empty otherwise. */
  readonly input?: string;
  /** Seconds until it is killed; 120 if left out. */
  readonly seconds?: number;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line of its standard error, or of `lines`, while it runs. */
  onLine?(line: string): void;
  readonly lines?: "stdout" | "stderr";
  /** A stop asks the program itself to end when it has done what it is at; what it has started is left alone. */
  readonly gently?: true;
}

/** Runs a program of this machine to its end, whatever its exit code; fails if it cannot be run, is stopped or takes too long. */
export async function runLocal(
  program: string,
  args: readonly string[],
  options: LocalOptions = {},
): Promise<Result<LabOutput, LabFailure>> {
  const seconds = options.seconds ?? 120;
  // A group of its own: a terminal's Ctrl-C is ours to answer, and a stop reaches what the program has started.
  const child = execa(program, [...args], {
    reject: false,
    detached: true,
    input: options.input ?? "",
    env: { PATH, ...options.env },
  });
  let stopped = "";
  const stop = (why: string): void => {
    stopped ||= why;
    if (options.gently) child.kill("SIGINT");
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
    return err({ message: `cannot run ${program}`, detail: done.originalMessage ?? stderr });
  return ok({ code: exitCode, stdout, stderr });
}

/** Asks every process of a group to end. */
function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, "SIGTERM");
  } catch {
    // it has ended by itself
  }
}

/** Runs a program that must end with 0; gives what it printed. */
export async function mustRun(
  program: string,
  args: readonly string[],
  options: LocalOptions = {},
): Promise<Result<string, LabFailure>> {
  const done = await runLocal(program, args, options);
  if (!done.ok) return done;
  const { code, stdout, stderr } = done.value;
  if (code === 0) return ok(stdout);
  const words = lastLines(`${stderr}\n${stdout}`, 15);
  return err({ message: `${program} ${args[0] ?? ""} ended with code ${code}`, detail: words });
}

/** Starts a program that outlives this one and has no input and output. Resolves when, and how, it ends. */
export function startDetached(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const child = execa(program, [...args], {
    reject: false,
    detached: true,
    cleanup: false,
    stdio: "ignore",
    env: { ...env, PATH },
  });
  child.unref();
  return child.then((end) => end.shortMessage ?? `${program} ended with code ${end.exitCode ?? "?"}`);
}

/** Gives this terminal to a program until it ends; its exit code. */
export async function runInTerminal(program: string, args: readonly string[]): Promise<number> {
  const done = await execa(program, [...args], { reject: false, stdio: "inherit" });
  return done.exitCode ?? 1;
}

/** The last lines of a text that hold anything. */
export function lastLines(text: string, count: number): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return lines.slice(-count).join("\n");
}
