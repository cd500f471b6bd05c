import { unreachable } from "../base/result.ts";
import { clip, printable } from "../base/text.ts";
import type { Action, Cause, Change, FieldChange, Orphan } from "../model/plan.ts";
import type { State } from "../model/resource.ts";

/** The sign before a change. */
export const signs: Readonly<Record<Action, string>> = {
  create: "+",
  update: "~",
  delete: "-",
  reload: "↻",
  undecided: "?",
};

/** The cause of a change, for people. */
const causeWords: Readonly<Record<Cause, string>> = {
  drift: "drift: changed on the host",
  pending: "pending: changed in the inventory",
  conflict: "conflict: changed in both places",
  new: "new: never applied",
  unknown: "unknown: could not be observed",
};

/** The most columns of one value in a line. */
const valueColumns = 60;

/** The verb of a change: `restart` for a reload that needs a restart. */
export function verbOf(change: Change): string {
  switch (change.action) {
    case "reload":
      return change.trigger ?? "reload";
    case "create":
    case "update":
    case "delete":
    case "undecided":
      return change.action;
    default:
      return unreachable(change.action);
  }
}

/** `create file:/etc/hosts`: a change in log lines and rows. */
export function changeName(change: Change): string {
  return `${verbOf(change)} ${printable(change.id)}`;
}

/** `mode 0644 → 0600`. A hash tells a person nothing, so for a content the text is only `content`. */
export function fieldText({ field, before, after }: FieldChange): string {
  const name = printable(field);
  if (isHash(before) || isHash(after)) return name === "sha256" ? "content" : name;
  if (before === undefined) return `${name} ${valueText(after)}`;
  return `${name} ${valueText(before)} → ${valueText(after)}`;
}

/** Whether a value of a state is a sha256. */
export const isHash = (value: State[string] | undefined): boolean =>
  typeof value === "string" && /^[0-9a-f]{64}$/.test(value);

function valueText(value: State[string] | undefined): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "object" ? value.join(",") : String(value);
  return text === "" ? '""' : clip(printable(text.replaceAll("\n", "⏎")), valueColumns);
}

/** What the user can do about an orphan. */
export const orphanNote = ({ why }: Orphan): string =>
  why === undefined ? "--prune removes it" : printable(why);

/** Notes on a change, a phrase each. `cause`: whether to add the cause. */
export function changeNotes(change: Change, cause: boolean): readonly string[] {
  const { action, observed, why, fields } = change;
  if (action === "undecided")
    return [printable(why ?? (observed.status === "unknown" ? observed.reason : "not known yet"))];
  return [
    ...(action === "update" ? [`[${fields.map(fieldText).join(", ")}]`] : []),
    ...(why === undefined ? [] : [`(${printable(why)})`]),
    ...(cause ? [causeWords[change.cause]] : []),
  ];
}
