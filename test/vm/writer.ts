import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "../lab/support/command.ts";

/** How the program reaches the database. */
export interface Access {
  /** The addresses of the members. */
  readonly members: readonly string[];
  readonly statePort: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** The file of the authority of the members' certificates. */
  readonly ca: string;
}

/** One acknowledged write. */
interface Acknowledged {
  /** Seconds. */
  readonly at: number;
  readonly id: string;
}

/** A program on this machine that writes until it is stopped, and notes what was acknowledged. */
export class Writer {
  readonly #ledger: string;
  readonly #program;
  readonly #ended: Promise<void>;
  #said = "";

  constructor(access: Access, ledger: string) {
    this.#ledger = ledger;
    this.#program = spawn("/usr/bin/python3", [join(root, "test/vm/writer.py"), ledger], {
      stdio: ["pipe", "ignore", "pipe"],
    });
    this.#program.stdin.write(`${JSON.stringify(access)}\n`);
    this.#program.stderr.on("data", (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString()).slice(-2000);
    });
    this.#ended = new Promise((resolve) => this.#program.once("close", () => resolve()));
  }

  /** All that was acknowledged, in order of time. */
  acknowledged(): readonly Acknowledged[] {
    if (!existsSync(this.#ledger)) return [];
    return readFileSync(this.#ledger, "ascii")
      .split("\n")
      .slice(0, -1)
      .map((line) => ({ at: Number.parseFloat(line), id: line.slice(line.indexOf(" ") + 1) }))
      .sort((a, b) => a.at - b.at);
  }

  /** Waits until so many more writes are acknowledged. */
  async acknowledges(more: number, seconds: number): Promise<void> {
    const wanted = this.acknowledged().length + more;
    for (const end = Date.now() + seconds * 1000; this.acknowledged().length < wanted; await sleep(200))
      if (Date.now() > end || this.#program.exitCode !== null)
        throw new Error(`fewer than ${more} more acknowledged writes in ${seconds} s: ${this.#said}`);
  }

  /** Ends it. Returns the longest time without an acknowledged write, in seconds. */
  async stop(): Promise<number> {
    this.#program.stdin.end();
    await this.#ended;
    const times = this.acknowledged().map(({ at }) => at);
    return Math.max(0, ...times.slice(1).map((at, index) => at - (times[index] ?? at)));
  }
}
