import { clip, count, groupBy, hostList, printable, printableLines } from "../base/text.ts";
import type { Failure } from "../model/failure.ts";
import { paintWith } from "./paint.ts";

/** How a failure is laid out. `columns` cuts the list of hosts only: the words of a failure are never cut. */
export interface FailureView {
  readonly color: boolean;
  readonly columns: number;
  /** From 1 on, the calls that led to a fault are shown. */
  readonly verbosity?: 0 | 1 | 2;
}

/** Lines of a daemon's own words that are shown; the last ones, because programs name the reason at the end. */
const detailLines = 30;
/** Different failures shown in full; a person reads no more. */
const mostFailures = 20;

/** All that is known about a failure: what, the program's own words, where in the inventory, what to do. Ends with a line end. */
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

/** The calls that led to a fault, or how to see them. */
function stackLines({ stack }: Failure, { verbosity = 0 }: FailureView): readonly string[] {
  if (stack === undefined) return [];
  return verbosity > 0 ? printableLines(stack).map((line) => `    ${line}`) : ["  -v shows where it was"];
}

/** A host, and why it failed. */
export interface Failed {
  readonly host: string;
  readonly failure: Failure;
}

/** The failures of many hosts; hosts that failed alike are shown once. Empty when there is none. */
export function renderFailures(failed: readonly Failed[], view: FailureView): string {
  const groups = alike(failed);
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
  if (rest.length > 0) shown.push(`… and ${count(rest.length, "host")} more failed, each in its own way\n`);
  return shown.join("");
}

/** A failure in one line of at most `columns`. */
export function failureLine(host: string, failure: Failure, columns: number): string {
  return clip(messageWithout([host], failure), columns);
}

/** Hosts that failed alike, together. */
export const alike = (failed: readonly Failed[]): readonly (readonly Failed[])[] => [
  ...groupBy(failed, ({ host, failure }) => withoutHost(host, failure)).values(),
];

/** Hosts fail alike when nothing but their own name differs. */
function withoutHost(host: string, failure: Failure): string {
  const text = JSON.stringify([failure.code, failure.message, failure.detail, failure.hint, failure.source]);
  return text.replaceAll(host, "\0");
}

/** Messages begin with the host's name where they were made; the display names the host already. */
function messageWithout(hosts: readonly string[], failure: Failure): string {
  const message = printableLines(failure.message).join(" ");
  const prefix = hosts.map((host) => `${host}: `).find((start) => message.startsWith(start));
  return prefix === undefined ? message : message.slice(prefix.length);
}
