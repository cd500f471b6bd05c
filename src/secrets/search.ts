import { secretPatterns } from "./secret-patterns.ts";

/** Shorter values may stand in a file by accident. */
const SHORTEST = 8;
/** Bytes that are looked at together. */
const BLOCK = 3;
/** Bytes of each value that are looked for at first: with more, preparing takes longer than searching. */
const WIDEST = 16;

/** True where bytes, or a text, hold one of the values that were to be found. */
export type Search = (data: Uint8Array | string) => boolean;

/**
 * Looks for many values at once (Wu and Manber's way): every file of every host is searched in each run, and trying one
 * value after the other takes 100 ms for what this does in 2.
 */
export function newSearch(values: readonly string[]): Search {
  return searchFor(secretPatterns(values, SHORTEST));
}

/** Looks for these texts as they are. */
export function searchFor(texts: readonly string[]): Search {
  const patterns = texts.map((text) => Buffer.from(text));
  const fewest = Math.min(...texts.map((text) => text.length));
  if (patterns.length === 0) return () => false;
  // All are compared by the same number of bytes at first: those of the shortest.
  const width = Math.min(WIDEST, ...patterns.map((pattern) => pattern.length));
  const skips = new Uint8Array(65536).fill(width - BLOCK + 1);
  const ending = new Map<number, Buffer[]>();
  for (const pattern of patterns) {
    for (let end = BLOCK; end <= width; end++) {
      const block = blockAt(pattern, end);
      skips[block] = Math.min(skips[block] ?? 0, width - end);
    }
    const last = blockAt(pattern, width);
    ending.set(last, [...(ending.get(last) ?? []), pattern]);
  }
  return (data) => {
    if (data.length < fewest) return false;
    const bytes = typeof data === "string" ? Buffer.from(data) : asBuffer(data);
    return scan(bytes, width, skips, ending);
  };
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The three bytes before `end`, as a number of 16 bits. */
function blockAt(bytes: Uint8Array, end: number): number {
  return ((bytes[end - 3] ?? 0) ^ ((bytes[end - 2] ?? 0) << 4) ^ ((bytes[end - 1] ?? 0) << 8)) & 0xffff;
}

function scan(
  bytes: Buffer,
  width: number,
  skips: Uint8Array,
  ending: ReadonlyMap<number, readonly Buffer[]>,
): boolean {
  for (let end = width; end <= bytes.length; ) {
    const block = blockAt(bytes, end);
    const skip = skips[block] ?? 1;
    if (skip === 0 && isHere(ending.get(block) ?? [], bytes, end - width)) return true;
    end += skip || 1;
  }
  return false;
}

function isHere(patterns: readonly Buffer[], bytes: Buffer, start: number): boolean {
  return patterns.some((pattern) => {
    const end = start + pattern.length;
    return end <= bytes.length && pattern.equals(bytes.subarray(start, end));
  });
}
