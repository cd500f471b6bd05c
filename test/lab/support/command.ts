import { type ChildProcess, spawn } from "node:child_process";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../../..");
const program = join(root, "bin", "provision.cjs");

/** How a command ended, and all it printed. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Ends when the output holds the text; fails if the command ends without it. */
  printed(text: string | RegExp): Promise<void>;
}

/** Starts the built command, as a user would. `npm test` builds it before the tests. */
export function start(args: readonly string[], cwd = root, input?: string): Started {
  const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(input ?? "");
  let out = "";
  const waiting = new Set<() => void>();
  const take = (chunk: Buffer): void => {
    out += chunk.toString();
    for (const look of waiting) look();
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const ended = new Promise<Ended>((resolveEnd, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolveEnd({ code, out }));
  });
  return {
    child,
    ended,
    printed: (text) =>
      new Promise((found, failed) => {
        const look = (): void => {
          if (typeof text === "string" ? out.includes(text) : text.test(out)) {
            waiting.delete(look);
            found();
          }
        };
        waiting.add(look);
        look();
        void ended.then(() => failed(new Error(`ended without ${text}:\n${out}`)));
      }),
  };
}

export function provision(...args: readonly string[]): Promise<Ended> {
  return start(args).ended;
}
