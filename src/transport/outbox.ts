import type { Wire } from "./wire.ts";

/** Pieces up to this size are joined. In bytes. */
const JOIN = 65_536;

/** What waits to be written to a wire, no faster than it takes it. */
export class Outbox {
  readonly #wire: Pick<Wire, "stdin" | "closed">;
  readonly #waiting: Uint8Array[] = [];
  #open: boolean;
  #ended = false;
  #writing = false;
  /** Bytes that were given to the wire. */
  sent = 0;

  /** `open`: false keeps all back until `release`: while sudo may ask, it would read what is meant for the shell. */
  constructor(wire: Pick<Wire, "stdin" | "closed">, open: boolean) {
    this.#wire = wire;
    this.#open = open;
  }

  /** What is put in at the same moment leaves as one piece: each packet wakes a server up. */
  put(chunks: readonly Uint8Array[]): void {
    this.#waiting.push(...chunks);
    process.nextTick(() => this.#write());
  }

  release(): void {
    this.#open = true;
    void this.#write();
  }

  /** Nothing more is written. */
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
