import { appendFileSync } from "node:fs";

/** Every acknowledged write, in a file that outlives the drill. */
export interface Ledger {
  /** Notes an acknowledged id, with its moment and the fault under way. */
  add(id: string): void;
  /** The name of the fault under way, for the ids from now on. */
  during(fault: string): void;
  /** All acknowledged ids. */
  readonly ids: ReadonlySet<string>;
  readonly file: string;
}

/** A ledger in a file: a line of JSON for each write, `{"id", "at", "fault"}`. */
export function ledgerIn(file: string): Ledger {
  const ids = new Set<string>();
  let fault = "";
  return {
    add: (id) => {
      ids.add(id);
      appendFileSync(file, `${JSON.stringify({ id, at: new Date().toISOString(), fault })}\n`);
    },
    during: (name) => {
      fault = name;
    },
    ids,
    file,
  };
}
