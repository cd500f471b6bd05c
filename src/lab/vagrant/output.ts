import type { LabStatus } from "../driver.ts";

/** One line of `vagrant … --machine-readable`: `time,target,type,data…`. */
export interface VagrantRecord {
  /** The machine it is about; empty: all, or none. */
  readonly target: string;
  /** `ui`, `action`, `state`, `error-exit`… */
  readonly type: string;
  readonly data: readonly string[];
}

/** Reads one line; undefined if it is none of the machine-readable ones (plug-ins print what they like). */
export function readRecord(line: string): VagrantRecord | undefined {
  const [time = "", target = "", type = "", ...data] = line.trimEnd().split(",");
  return /^\d+$/.test(time) && type !== "" ? { target, type, data: data.map(plain) } : undefined;
}

/** Vagrant's own escapes, taken back. */
const plain = (text: string): string =>
  text.replaceAll("%!(VAGRANT_COMMA)", ",").replaceAll("\\n", "\n").replaceAll("\\r", "");

/** Reads everything that a command printed. */
export const readRecords = (text: string): readonly VagrantRecord[] =>
  text.split("\n").flatMap((line) => readRecord(line) ?? []);

/** What Vagrant's providers call a machine that runs, and one that is stopped where it is. All other states are off. */
const RUNNING = ["running"];
const FROZEN = ["paused", "suspended", "saved", "frozen"];

/** The states that `vagrant status` tells, by machine. `unmade`: Vagrant has not made it, or it is gone. */
export function statesIn(
  records: readonly VagrantRecord[],
): ReadonlyMap<string, LabStatus["state"] | "unmade"> {
  const states = records.filter(({ type }) => type === "state");
  return new Map(states.map(({ target, data: [state = ""] }) => [target, stateOf(state)]));
}

function stateOf(state: string): LabStatus["state"] | "unmade" {
  if (state === "not_created") return "unmade";
  if (RUNNING.includes(state)) return "running";
  return FROZEN.includes(state) ? "frozen" : "stopped";
}

/** What a line says about one machine in words for people: `Importing base box…`; undefined if it says nothing. */
export function wordsOf({ target, type, data }: VagrantRecord): string | undefined {
  const [level = "", text = ""] = data;
  if (target === "" || type !== "ui" || level === "error") return undefined;
  const [first = ""] = text.split("\n");
  // Vagrant names the machine once more, behind an arrow or spaces.
  const words = first.replace(/^(==>)?\s*/, "");
  const own = words.startsWith(`${target}:`) ? words.slice(target.length + 1) : words;
  return own.trim() === "" ? undefined : own.trim();
}

/** The error that ended a command: its Ruby class, and its text as Vagrant wraps it for a terminal. */
export interface VagrantError {
  readonly kind: string;
  readonly text: string;
}

/** Why a command failed; undefined if it does not say. */
export function errorIn(records: readonly VagrantRecord[]): VagrantError | undefined {
  const last = records.findLast(({ type }) => type === "error-exit");
  const [kind = "", text = ""] = last?.data ?? [];
  return last === undefined ? undefined : { kind: kind.split("::").at(-1) ?? kind, text: text.trim() };
}
