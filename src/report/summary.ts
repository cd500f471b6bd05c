import { clip, count, duration, groupBy, hostList, pad, printable, widthOf } from "../base/text.ts";
import type { Command, HostReport, Outcome, Summary } from "../model/summary.ts";
import { quote } from "../script/script.ts";
import { changeName, signs } from "./change-text.ts";
import { failureLine } from "./failure.ts";
import { paintWith } from "./paint.ts";

/** How a summary is laid out. */
export interface SummaryView {
  readonly color: boolean;
  readonly columns: number;
  readonly verbosity?: 0 | 1 | 2;
  /** Hosts that were observed. For other hosts, the changes that are left are unknown. */
  readonly observed: ReadonlySet<string>;
}

/** With more hosts, only those with a problem or with changes get a line. */
const allHosts = 20;
/** The most changes named for each host in `Left to do`. */
const leftShown = 5;
/** With fewer columns, a failure stands below its host instead of beside it. */
const leastNote = 24;

const good: readonly Outcome[] = ["converged", "unchanged"];

/** The end of a run: a line for each host, totals, changes that are left, and the command for them. Ends with a line end. */
export function renderSummary(summary: Summary, view: SummaryView): string {
  const hosts =
    summary.hosts.length <= allHosts
      ? summary.hosts
      : summary.hosts.filter(({ outcome }) => !good.includes(outcome));
  const table = hosts.length === 0 ? "" : `${renderTable(summary, hosts, view)}\n`;
  return `${table}${totals(summary, view)}\n${leftLines(summary, view)}${resumeLine(summary)}`;
}

interface Columns {
  readonly host: number;
  readonly outcome: number;
}

function renderTable(summary: Summary, hosts: readonly HostReport[], view: SummaryView): string {
  const widest = (texts: readonly string[]): number => Math.max(...texts.map(widthOf));
  const host = widest(["host", ...hosts.map((row) => printable(row.host))]);
  const columns = {
    host: view.columns <= 0 ? host : Math.min(host, Math.max(8, view.columns - 28)),
    outcome: widest(["outcome", ...hosts.map(({ outcome }) => outcome)]),
  };
  const numbers = summary.command === "apply" ? " done  left" : " changes";
  const heading = `${pad("host", columns.host)}  ${pad("outcome", columns.outcome)} ${numbers}`;
  return `${paintWith(view.color).dim(heading)}\n${hosts.map((row) => rowText(row, summary, columns, view)).join("")}`;
}

function rowText(row: HostReport, summary: Summary, columns: Columns, view: SummaryView): string {
  const left = isKnown(row, view) ? String(row.left.length) : "?";
  const numbers =
    summary.command === "apply" ? `${String(row.done).padStart(5)} ${left.padStart(5)}` : left.padStart(8);
  const name = pad(clip(printable(row.host), columns.host), columns.host);
  const start = `${name}  ${painted(row.outcome, pad(row.outcome, columns.outcome), view)} ${numbers}`;
  if (row.failure === undefined) return `${start}\n`;
  const room = view.columns <= 0 ? 0 : view.columns - columns.host - columns.outcome - numbers.length - 5;
  if (view.columns > 0 && room < leastNote)
    return `${start}\n    ${failureLine(row.host, row.failure, view.columns - 4)}\n`;
  return `${start}  ${failureLine(row.host, row.failure, room)}\n`;
}

/** Whether the number of changes that are left is known. It is not if a host failed before it was observed, or is unreachable. */
function isKnown({ host, outcome, left, failure }: HostReport, { observed }: SummaryView): boolean {
  if (left.length > 0) return true;
  return outcome !== "unreachable" && (failure === undefined || observed.has(host));
}

function painted(outcome: Outcome, text: string, view: SummaryView): string {
  const paint = paintWith(view.color);
  if (good.includes(outcome)) return paint.green(text);
  return outcome === "changes" ? paint.yellow(text) : paint.red(text);
}

const order: readonly Outcome[] = [
  "converged",
  "unchanged",
  "changes",
  "failed",
  "unreachable",
  "interrupted",
  "skipped",
];
const outcomeWords: Readonly<Record<Outcome, string>> = {
  converged: "converged",
  unchanged: "unchanged",
  changes: "with changes",
  failed: "failed",
  unreachable: "unreachable",
  interrupted: "interrupted",
  skipped: "skipped",
};

function totals(summary: Summary, view: SummaryView): string {
  const groups = groupBy(summary.hosts, ({ outcome }) => outcome);
  const hosts = order
    .map((outcome) => ({ outcome, n: groups.get(outcome)?.length ?? 0 }))
    .filter(({ n }) => n > 0)
    .map(({ outcome, n }, index) => `${index === 0 ? count(n, "host") : n} ${outcomeWords[outcome]}`);
  const done = summary.hosts.reduce((sum, row) => sum + row.done, 0);
  const left = summary.hosts.reduce((sum, row) => sum + row.left.length, 0);
  const known = summary.command === "apply" || summary.hosts.some((row) => isKnown(row, view));
  const changes = known ? changesWords(summary.command, done, left) : "changes not known";
  return `${hosts.length === 0 ? "no hosts" : hosts.join(", ")}; ${changes}; ${duration(summary.ms)}`;
}

/** The number of changes that a command did or found. `left` is `undefined` if the run did not finish. */
export function changesWords(command: Command, done: number, left: number | undefined): string {
  if (command !== "apply") return `${count(left ?? 0, "change")} found`;
  return `${count(done, "change")} done, ${left === undefined ? "what is left is not known" : `${left} left`}`;
}

/** The changes that a run of `apply` did not do. */
function leftLines(summary: Summary, view: SummaryView): string {
  if (summary.command !== "apply") return "";
  const rows = summary.hosts.filter((row) => row.left.length > 0);
  if (rows.length === 0) return "";
  const groups = [...groupBy(rows, leftText).entries()];
  const text = groups.map(
    ([changes, hosts]) =>
      `  ${hostList(
        hosts.map(({ host }) => host),
        view.columns - 2,
      )}\n${changes}`,
  );
  return `Left to do:\n${text.join("")}`;
}

function leftText({ left }: HostReport): string {
  const shown = left
    .slice(0, leftShown)
    .map((change) => `    ${signs[change.action]} ${changeName(change)}\n`);
  const more = left.length - leftShown;
  return shown.join("") + (more > 0 ? `    … and ${more} more\n` : "");
}

function resumeLine(summary: Summary): string {
  return summary.resume === undefined ? "" : `To finish: ${commandOf(summary.resume)}\n`;
}

/** The shell command that runs the program with some arguments. */
export const commandOf = (words: readonly string[]): string => ["provision", ...words].map(quote).join(" ");
