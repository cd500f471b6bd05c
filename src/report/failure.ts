import { clip, count, groupBy, hostList, printable, printableLines } from "../base/text.ts";
import type { Failure } from "../model/failure.ts";
import { paintWith } from "./paint.ts";

/** How a failure is laid out. `columns` cuts only the list of hosts: the text of a failure is never cut. */
export interface FailureView {
  readonly color: boolean;
  readonly columns: number;
  /** From 1, the stack trace of a fault is shown. */
  readonly verbosity?: 0 | 1 | 2;
}

/** The most lines shown of a program's output: the last ones, because programs print the reason at the end. */
const detailLines = 30;
/** The most failures shown in full: a person reads no more. */
const mostFailures = 20;

/** A failure in full: message, output of the program, place in the inventory, and hint. Ends with a line end. */
export function renderFailure(host: string | readonly string[], failure: Failure, view: FailureView): string {
  const paint = paintWith(view.color);
  const hosts = typeof host === "string" ? [host] : host;
  const named = hosts.length === 1 ? hostList(hosts, 0) : hostList(hosts, view.columns - 3);
  const lines = [
    paint.red(`✖ ${named}: ${messageWithout(hosts, failure)}`) + paint.dim(` (${failure.code})`),
  ];
  const detail = failure.detail === undefined ? [] : printableLines(failure.detail);
  const cut = detail.length - detailLines;
  if (cut > 0) lines.push(paint.dim(`    … ${count(cut, "earlier line")} not shown`));
  lines.push(
    ...detail
      .slice(-detailLines)
      .filter((line, _, all) => all.length > 1 || line !== "")
      .map((line) => `    ${line}`),
  );
  if (failure.source !== undefined) {
    const { file, line, col } = failure.source;
    lines.push(`  at ${printable(file)}:${line}:${col}`);
  }
  lines.push(...stackLines(failure, view).map((line) => paint.dim(line)));
  if (failure.hint !== undefined) lines.push(`  hint: ${printableLines(failure.hint).join(" ")}`);
  return `${lines.join("\n")}\n`;
}

/** The stack trace of a fault, or the option that shows it. */
function stackLines({ stack }: Failure, { verbosity = 0 }: FailureView): readonly string[] {
  if (stack === undefined) return [];
  return verbosity > 0 ? printableLines(stack).map((line) => `    ${line}`) : ["  -v shows where"];
}

/** A host, and why it failed. */
export interface Failed {
  readonly host: string;
  readonly failure: Failure;
}

/** The failures of many hosts. Hosts with the same failure are shown together. Empty without failures. */
export function renderFailures(failed: readonly Failed[], view: FailureView): string {
  const groups = groupFailures(failed);
  const shown = groups.slice(0, mostFailures).map((group) => {
    const [first] = group;
    return first === undefined
      ? ""
      : renderFailure(
          group.map(({ host }) => host),
          first.failure,
          view,
        );
  });
  const rest = groups.slice(mostFailures).flat();
  if (rest.length > 0) shown.push(`… and ${count(rest.length, "more host")} failed for other reasons\n`);
  return shown.join("");
}

/** A failure in one line of at most `columns`. */
export function failureLine(host: string, failure: Failure, columns: number): string {
  return clip(messageWithout([host], failure), columns);
}

/** Groups of hosts with the same failure. */
export const groupFailures = (failed: readonly Failed[]): readonly (readonly Failed[])[] => [
  ...groupBy(failed, ({ host, failure }) => withoutHost(host, failure)).values(),
];

/** Two hosts have the same failure if it differs only in the name of the host. */
function withoutHost(host: string, failure: Failure): string {
  const text = JSON.stringify([failure.code, failure.message, failure.detail, failure.hint, failure.source]);
  return text.replaceAll(host, "\0");
}

/** The message without the name of the host at its start: the display already shows the name. */
function messageWithout(hosts: readonly string[], failure: Failure): string {
  const message = printableLines(failure.message).join(" ");
  const prefix = hosts.map((host) => `${host}: `).find((start) => message.startsWith(start));
  return prefix === undefined ? message : message.slice(prefix.length);
}
