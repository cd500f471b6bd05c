import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Fails with what to type where a Debian package that a test needs is not there. */
export function needProgram(program: string, packages: string): void {
  try {
    execFileSync("sh", ["-c", `PATH="$PATH:/usr/sbin" command -v ${program}`]);
  } catch {
    throw new Error(`${program} is not installed: apt-get install --no-install-recommends -y ${packages}`);
  }
}

const given = new Set<number>();

/** A TCP port of the loopback that is free now, and that no earlier call has returned. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  if (given.has(address.port)) return freePort();
  given.add(address.port);
  return address.port;
}

/** Daemons of one test and their folder; all are gone after `end`. */
export class Daemons {
  readonly folder = mkdtempSync(join(tmpdir(), "daemons-"));
  readonly #running = new Set<ChildProcess>();

  constructor() {
    chmodSync(this.folder, 0o755); // their workers are other users
  }

  /** Starts a program in the foreground; ready when its output holds `ready`. */
  async start(
    command: string,
    args: readonly string[],
    options: { cwd?: string; env?: Record<string, string>; ready: RegExp },
  ) {
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin`, ...options.env };
    const child = spawn(command, args, {
      cwd: options.cwd ?? this.folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true, // a process group of its own, so that its workers can be reached too
    });
    this.#running.add(child);
    let output = "";
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        output += chunk.toString();
        if (options.ready.test(output)) resolve();
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("error", reject);
      child.on("exit", (code) => reject(new Error(`${command} ended with ${code}: ${output}`)));
    });
    return child;
  }

  async stop(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    this.#running.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    if (child.pid === undefined) return;
    process.kill(-child.pid, signal);
    await once(child, "exit");
  }

  async end(): Promise<void> {
    for (const child of this.#running) await this.stop(child);
    rmSync(this.folder, { recursive: true });
  }
}
