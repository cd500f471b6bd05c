import { afterAll, expect } from "vitest";
import type { Ended } from "../lab/support/command.ts";

/** Milliseconds. */
export const MINUTES = 60_000;

type Timed = (what: string, args: readonly string[]) => Promise<string>;

/** What the tests of a file have measured: printed after the last of them. `timed` runs a command, which must end well. */
export function measured(command: (...args: readonly string[]) => Promise<Ended>): {
  readonly figures: string[];
  readonly timed: Timed;
} {
  const figures: string[] = [];
  afterAll(() => {
    process.stdout.write(`${figures.map((line) => `  ${line}\n`).join("")}`);
  });
  const timed: Timed = async (what, args) => {
    const begun = performance.now();
    const { code, out } = await command(...args);
    figures.push(`${what}: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    expect(code, out).toBe(0);
    return out;
  };
  return { figures, timed };
}
