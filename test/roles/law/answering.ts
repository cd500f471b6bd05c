import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** So many looks a daemon may take until it answers: a minute, and more where this process does much else meanwhile. */
const TURNS = 12_000;

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
  try {
    for (let turn = 0; turn < TURNS && !state.ended; turn += 1) {
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
