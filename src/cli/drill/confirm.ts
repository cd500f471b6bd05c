import { createInterface } from "node:readline/promises";
import { count } from "../../base/text.ts";
import type { Fault } from "../../model/drill.ts";

/** Whether the user agrees to these faults: `--yes`, or an answer on the terminal. */
export async function isConfirmed(
  faults: readonly Fault[],
  url: URL,
  { yes, rounds }: { readonly yes?: boolean; readonly rounds: number },
): Promise<boolean> {
  if (yes === true) return true;
  if (process.stdin.isTTY !== true) return false;
  const hosts = new Set(faults.flatMap((fault) => fault.hosts));
  process.stderr.write(
    `This breaks ${[...hosts].join(", ")}: ${count(faults.length * rounds, "fault")}, one after another, under load at ${url.href}.\n` +
      "provision drill --list shows them.\n",
  );
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question("Break them? [y/N] ")).trim());
  } finally {
    lines.close();
  }
}
