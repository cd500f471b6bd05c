/** Bytes. Small chunks are copied into blocks of this size, because each chunk costs about a hundred bytes more than its data. */
const BLOCK = 65_536;

/** Collects the bytes of one stream of an answer. Uses little more memory than their size, however small the chunks are. */
export class OutputBuffer {
  readonly #blocks: Uint8Array[] = [];
  #open = Buffer.alloc(0);
  #used = 0;
  length = 0;

  add(bytes: Uint8Array): void {
    this.length += bytes.length;
    if (bytes.length >= BLOCK / 4) {
      this.#close();
      this.#blocks.push(bytes);
      return;
    }
    if (this.#used + bytes.length > this.#open.length) {
      this.#close();
      // Most answers are short, so the first block is small.
      this.#open = Buffer.allocUnsafeSlow(this.#blocks.length === 0 ? Math.max(bytes.length, 4_096) : BLOCK);
    }
    this.#open.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  bytes(): Buffer {
    return Buffer.concat([...this.#blocks, this.#open.subarray(0, this.#used)], this.length);
  }

  /** The last bytes: at least `length`, or all if there are fewer. */
  tail(length: number): Buffer {
    const last: Uint8Array[] = [this.#open.subarray(0, this.#used)];
    let found = this.#used;
    for (let at = this.#blocks.length - 1; at >= 0 && found < length; at--) {
      const block = this.#blocks[at] ?? Buffer.alloc(0);
      last.unshift(block);
      found += block.length;
    }
    return Buffer.concat(last);
  }

  #close(): void {
    if (this.#used > 0) this.#blocks.push(this.#open.subarray(0, this.#used));
    this.#open = Buffer.alloc(0);
    this.#used = 0;
  }
}
