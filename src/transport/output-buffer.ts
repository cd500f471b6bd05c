/** Pieces below this size are copied together: a piece costs some hundred bytes beside its own. In bytes. */
const BLOCK = 65_536;

/** The bytes of one stream of an answer, as they come. However small the pieces are, they take little more than their bytes. */
export class Gathered {
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
      // Most answers are short: the first block is no larger than need be.
      this.#open = Buffer.allocUnsafeSlow(this.#blocks.length === 0 ? Math.max(bytes.length, 4_096) : BLOCK);
    }
    this.#open.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  all(): Buffer {
    return Buffer.concat([...this.#blocks, this.#open.subarray(0, this.#used)], this.length);
  }

  /** The last bytes: at least as many as asked for, where there are as many. */
  end(length: number): Buffer {
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
