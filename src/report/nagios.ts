import { listed } from "../base/listed.ts";
import { clip, count, printable } from "../base/text.ts";
import type { Event } from "../model/event.ts";
import type { Change, Plan } from "../model/plan.ts";
import type { Summary } from "../model/summary.ts";
import { failureLine } from "./failure.ts";
import type { Report, ReportOptions } from "./report.ts";

/** The exit code of a monitoring plugin: 0 OK · 1 WARNING · 2 CRITICAL · 3 UNKNOWN. */
export type NagiosCode = 0 | 1 | 2 | 3;

/** The answer of a plugin: one line without its end, and the exit code. */
export interface NagiosResult {
  readonly text: string;
  readonly code: NagiosCode;
}

const words = ["OK", "WARNING", "CRITICAL", "UNKNOWN"] as const;
/** The most columns of the sentence: web pages and text messages of monitoring systems show no more. */
const sentenceColumns = 300;
/** The most entries of one list of names, including the number of the others. */
const namesShown = 4;

/**
 * CRITICAL: something was changed on a host (drift, conflict). UNKNOWN: no drift was found, but some host could not be observed.
 * WARNING: the inventory is not fully applied (pending, new, undecided, orphans). Else OK.
 */
export function nagiosResult(summary: Summary, plan?: Plan): NagiosResult {
  const changes = (plan?.hosts ?? []).flatMap((host) =>
    host.changes.map((change) => ({ host: host.host, change })),
  );
  const decided = changes.filter(({ change }) => change.action !== "undecided");
  const strayed = decided.filter(({ change }) => change.cause === "drift" || change.cause === "conflict");
  const orphans = (plan?.hosts ?? []).reduce((sum, host) => sum + host.orphans.length, 0);
  const unseen = summary.hosts.filter(
    ({ outcome }) => outcome !== "unchanged" && outcome !== "changes" && outcome !== "converged",
  );
  const differ = changes.length > 0 || orphans > 0;
  const code = strayed.length > 0 ? 2 : unseen.length > 0 ? 3 : differ ? 1 : 0;
  const seen = summary.hosts.length - unseen.length;
  const sentences = [
    ...(strayed.length > 0
      ? [`${count(strayed.length, "resource")} changed on the host: ${named(strayed)}`]
      : []),
    ...(unseen.length > 0 ? [`${count(unseen.length, "host")} not seen: ${unseenText(unseen)}`] : []),
    ...(changes.length > strayed.length ? [awaiting(changes.length - strayed.length, changes)] : []),
    ...(orphans > 0 ? [count(orphans, "orphan")] : []),
  ];
  const sentence = sentences.length === 0 ? `${count(seen, "host")} as desired` : sentences.join("; ");
  // The bar separates the sentence from the numbers, so the sentence must not have one.
  const text = `${words[code]} - ${clip(sentence.replaceAll("|", "¦"), sentenceColumns)}`;
  return {
    code,
    text: `${text} | ${perfdata(summary, decided, { unseen: unseen.length, orphans, all: changes.length })}`,
  };
}

type Placed = { readonly host: string; readonly change: Change };

const named = (changes: readonly Placed[]): string =>
  listed(
    changes.map(({ host, change }) => `${host} ${printable(change.id)}`),
    namesShown,
  );

function awaiting(n: number, changes: readonly Placed[]): string {
  const waiting = changes.filter(
    ({ change }) => change.action === "undecided" || change.cause === "pending" || change.cause === "new",
  );
  return `${count(n, "change")} not applied: ${named(waiting)}`;
}

function unseenText(hosts: Summary["hosts"]): string {
  const named = hosts.map(
    ({ host, outcome, failure }) =>
      `${host} (${failure === undefined ? outcome : failureLine(host, failure, 80)})`,
  );
  return listed(named, namesShown);
}

/** `label=value` pairs, with the limits for WARNING and CRITICAL that the code above uses. */
function perfdata(
  summary: Summary,
  decided: readonly Placed[],
  numbers: { readonly unseen: number; readonly orphans: number; readonly all: number },
): string {
  const by = (cause: Change["cause"]): number =>
    decided.filter(({ change }) => change.cause === cause).length;
  return [
    `hosts=${summary.hosts.length};;;0`,
    `unseen=${numbers.unseen};;;0`,
    `drift=${by("drift")};;0;0`,
    `conflict=${by("conflict")};;0;0`,
    `pending=${by("pending")};0;;0`,
    `new=${by("new")};0;;0`,
    `undecided=${numbers.all - decided.length};0;;0`,
    `orphans=${numbers.orphans};0;;0`,
    `time=${(summary.ms / 1000).toFixed(3)}s;;;0`,
  ].join(" ");
}

/** One line at the end of the run, for a monitoring system. The exit code comes from `nagiosResult`. */
export function createNagios(options: ReportOptions): Report {
  let plan: Plan | undefined;
  let summary: Summary | undefined;
  return {
    event(e: Event) {
      if (e.type === "plan-ready") plan = e;
      if (e.type === "run-finished") summary = e;
    },
    end() {
      const text =
        summary === undefined ? "UNKNOWN - the check did not finish" : nagiosResult(summary, plan).text;
      options.write(`${text}\n`);
    },
  };
}
