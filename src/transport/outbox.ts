import type { Wire } from "./wire.ts";

/** Bytes. Chunks up to this size are joined. */
const JOIN = 65_536;

/** Queues chunks for a wire and writes them as fast as the wire accepts them. */
export class Outbox {
  readonly #wire: Pick<Wire, "stdin" | "closed">;
  readonly #waiting: Uint8Array[] = [];
  #open: boolean;
  #ended = false;
  #writing = false;
  /** Bytes written to the wire so far. */
  sent = 0;

  /** `open`: false holds all chunks until `release`. While sudo may ask for its password, it would read the shell's input. */
  constructor(wire: Pick<Wire, "stdin" | "closed">, open: boolean) {
    this.#wire = wire;
    this.#open = open;
  }

  /** Chunks of the same tick leave as one write, because each packet wakes up the server. */
  put(chunks: readonly Uint8Array[]): void {
    this.#waiting.push(...chunks);
    process.nextTick(() => this.#write());
  }

  release(): void {
    this.#open = true;
    void this.#write();
  }

  /** Drops what is not written yet. */
  end(): void {
    this.#ended = true;
  }

  async #write(): Promise<void> {
    if (this.#writing || !this.#open) return;
    this.#writing = true;
    for (let piece = this.#next(); piece !== undefined && !this.#ended; piece = this.#next()) {
      this.sent += piece.length;
      if (!this.#wire.stdin.write(piece)) await this.#drained();
    }
    this.#writing = false;
  }

  #next(): Uint8Array | undefined {
    const large = this.#waiting.findIndex(({ length }) => length > JOIN);
    const small = this.#waiting.splice(0, large < 0 ? this.#waiting.length : large);
    return small.length > 0 ? Buffer.concat(small) : this.#waiting.shift();
  }

  #drained(): Promise<unknown> {
    const drain = new Promise((resolve) => this.#wire.stdin.once("drain", resolve));
    return Promise.race([drain, this.#wire.closed]);
  }
}
