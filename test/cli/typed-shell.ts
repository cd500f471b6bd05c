import { execFileSync, spawnSync } from "node:child_process";
import { setTimeout as after } from "node:timers/promises";

/** A shell on a terminal of its own, which is typed into and looked at. */
export class TypedShell {
  readonly #socket: string;

  /** `command`: starts the shell, whose prompt is to be `> `. */
  constructor(command: string, options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) {
    this.#socket = `provision-test-${process.pid}-${Math.random().toString(36).slice(2)}`;
    const size = ["-x", "160", "-y", "50"];
    const { cwd, env } = options;
    const args = ["-L", this.#socket, "-f", "/dev/null", "new-session", "-d", ...size, "-c", cwd, command];
    execFileSync("tmux", args, { env: { ...env, TERM: "xterm-256color" } });
  }

  /** Types into an empty line. */
  async type(text: string): Promise<void> {
    this.#tmux("send-keys", "C-u");
    this.#tmux("send-keys", "C-l");
    await this.lineThatIs(">");
    this.#tmux("send-keys", "-l", text);
  }

  press(key: string): void {
    this.#tmux("send-keys", key);
  }

  /**
   * The line of the prompt when it has become `wanted`, or what it was when there was no more time. Some shells close a
   * quote, others leave that to whoever types.
   */
  async lineThatIs(wanted: string): Promise<string> {
    const end = Date.now() + 20_000;
    for (;;) {
      const line =
        this.screen()
          .find((row) => row.startsWith(">"))
          ?.replace(/'$/, "") ?? "";
      if (line === wanted || Date.now() > end) return line;
      await after(30);
    }
  }

  screen(): readonly string[] {
    return this.#tmux("capture-pane", "-p")
      .split("\n")
      .map((row) => row.trimEnd());
  }

  close(): void {
    spawnSync("tmux", ["-L", this.#socket, "kill-server"], { stdio: "ignore" });
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync("tmux", ["-L", this.#socket, ...args], { encoding: "utf8" });
  }
}
