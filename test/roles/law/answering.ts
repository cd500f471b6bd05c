import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** So long a daemon may take until it answers, on a machine that does much else. Milliseconds. */
const DEADLINE = 60_000;

/** Says whether there is time left. What counts is time in which this process ran: a moment in which it could not look is a second at most. */
export function patience(): () => boolean {
  let [left, last] = [DEADLINE, performance.now()];
  return () => {
    const now = performance.now();
    left -= Math.min(now - last, 1000);
    last = now;
    return left > 0;
  };
}

/**
 * Starts a memcached, and asks it on its socket for its version: one that answers has taken all its options. Then it is
 * ended. Returns what it said, where it ended before.
 */
export async function answering(words: readonly string[], socket: string): Promise<string | undefined> {
  const [program = "", ...args] = words;
  const daemon = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [daemon.stdout, daemon.stderr])
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
  const ended = once(daemon, "close");
  const state = { ended: false };
  const mark = (): void => {
    state.ended = true;
  };
  ended.then(mark, mark);
  const patient = patience();
  try {
    while (!state.ended && patient()) {
      if (existsSync(socket) && (await version(socket))) return undefined;
      await pause(5);
    }
    return `${said.slice(0, 600)} (${state.ended ? `exit ${daemon.exitCode}` : "no answer"})`;
  } finally {
    daemon.kill("SIGKILL");
    await ended;
  }
}

/** Whether the daemon tells its version within a second: one that is just starting may lose a question. */
function version(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = connect(socket);
    asked.setTimeout(1000, () => asked.destroy());
    asked.on("connect", () => asked.write("version\r\n"));
    asked.on("data", (data) => {
      resolve(data.toString().startsWith("VERSION "));
      asked.destroy();
    });
    asked.on("error", () => resolve(false));
    asked.on("close", () => resolve(false));
  });
}
