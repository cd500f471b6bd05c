import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

const folder = join(import.meta.dirname, "../golden");
const updating = process.env.UPDATE_GOLDEN === "1";

/** Compares with `test/golden/<report>/<name>`; with UPDATE_GOLDEN=1 writes it instead. */
export function expectGolden(report: string, name: string, text: string): void {
  const path = join(folder, report, name);
  if (updating) {
    mkdirSync(join(folder, report), { recursive: true });
    writeFileSync(path, text);
  }
  expect(text).toBe(readFileSync(path, "utf8"));
}

/** A file that no test uses must be deleted. */
export function expectOnly(report: string, names: readonly string[]): void {
  const extra = readdirSync(join(folder, report)).filter((name) => !names.includes(name));
  if (updating) for (const name of extra) rmSync(join(folder, report, name));
  else expect(extra).toEqual([]);
}
