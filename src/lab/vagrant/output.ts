import type { LabStatus } from "../driver.ts";

/** One line of `vagrant … --machine-readable`: `time,target,type,data…`. */
export interface VagrantRecord {
  /** The machine. Empty: all, or none. */
  readonly target: string;
  /** `ui`, `action`, `state`, `error-exit`… */
  readonly type: string;
  readonly data: readonly string[];
}

/** Parses one line. Undefined if it is not machine-readable, for example from a plug-in. */
export function readRecord(line: string): VagrantRecord | undefined {
  const [time = "", target = "", type = "", ...data] = line.trimEnd().split(",");
  return /^\d+$/.test(time) && type !== "" ? { target, type, data: data.map(unescaped) } : undefined;
}

/** Undoes Vagrant's escapes. */
const unescaped = (text: string): string =>
  text.replaceAll("%!(VAGRANT_COMMA)", ",").replaceAll("\\n", "\n").replaceAll("\\r", "");

/** Parses the output of a command. */
export const readRecords = (text: string): readonly VagrantRecord[] =>
  text.split("\n").flatMap((line) => readRecord(line) ?? []);

/** Vagrant's states of running and of paused machines. All other states mean off. */
const RUNNING = ["running"];
const FROZEN = ["paused", "suspended", "saved", "frozen"];

/** The states in the output of `vagrant status`, by machine. `missing`: Vagrant has no such machine. */
export function statesIn(
  records: readonly VagrantRecord[],
): ReadonlyMap<string, LabStatus["state"] | "missing"> {
  const states = records.filter(({ type }) => type === "state");
  return new Map(states.map(({ target, data: [state = ""] }) => [target, stateOf(state)]));
}

function stateOf(state: string): LabStatus["state"] | "missing" {
  if (state === "not_created") return "missing";
  if (RUNNING.includes(state)) return "running";
  return FROZEN.includes(state) ? "frozen" : "stopped";
}

/** The text of a line about one machine: `Importing base box…`. Undefined if there is none. */
export function messageOf({ target, type, data }: VagrantRecord): string | undefined {
  const [level = "", text = ""] = data;
  if (target === "" || type !== "ui" || level === "error") return undefined;
  const [first = ""] = text.split("\n");
  // Vagrant repeats the name of the machine after an arrow or spaces.
  const words = first.replace(/^(==>)?\s*/, "");
  const own = words.startsWith(`${target}:`) ? words.slice(target.length + 1) : words;
  return own.trim() === "" ? undefined : own.trim();
}

/** The error of a command: its Ruby class, and its text, which Vagrant wraps for a terminal. */
export interface VagrantError {
  readonly kind: string;
  readonly text: string;
}

/** The error in the output of a failed command. Undefined if there is none. */
export function errorIn(records: readonly VagrantRecord[]): VagrantError | undefined {
  const last = records.findLast(({ type }) => type === "error-exit");
  const [kind = "", text = ""] = last?.data ?? [];
  return last === undefined ? undefined : { kind: kind.split("::").at(-1) ?? kind, text: text.trim() };
}
