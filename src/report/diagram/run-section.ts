import { count, duration, printableLines, utc } from "../../base/text.ts";
import type { Change } from "../../model/plan.ts";
import { changeName, changeNotes } from "../change-text.ts";
import { type Failed, failureLine, groupFailures } from "../failure.ts";
import { movedLines } from "../move.ts";
import { changesWords, commandOf } from "../summary.ts";
import type { Section } from "./html.ts";
import { badge, escaped, hostBox, hostId, link, list, muted, sourceText } from "./markup.ts";
import type { RunHost, RunRecord, RunStage, RunStep } from "./run-record.ts";
import { endingOf, endings, isChange, severityOf } from "./run-words.ts";
import { timeline } from "./timeline.ts";

/** A run as a section of the page: its result, its failures, its timeline, and the steps of each host. */
export function runSection(run: RunRecord): Section {
  const bad = run.summary === undefined || run.hosts.some(wentWrong);
  const html = [
    '<section id="run"><h2>The run</h2>',
    `<p class="summary${bad ? " wrong" : ""}">${escaped(headline(run))}</p>`,
    `<p>Started at ${utc(run.began, "second")}; it took ${duration(run.ms)}.</p>`,
    ...stoppedText(run),
    ...run.moves.map((move) => `<p>${escaped(movedLines(move).join(" "))}</p>`),
    ...failureList(run.hosts),
    "<h3>Timeline</h3>",
    timeline(run, runHostId),
    ...(run.stages.length === 0 ? [] : ["<h3>Stages</h3>", stageTable(run.stages)]),
    "<h3>Host by host</h3>",
    ...run.hosts.map((host) => hostDetails(host, run)),
    "</section>",
  ];
  return { title: `${run.command}: ${endings(run)}`, html: html.join("\n") };
}

/** Whether a host did not end as the command intended. */
const wentWrong = (host: RunHost): boolean =>
  host.failure !== undefined || !["converged", "unchanged", "with changes"].includes(endingOf(host));

const runHostId = (name: string): string => `run-${hostId(name)}`;

function headline(run: RunRecord): string {
  const { command, hosts, summary } = run;
  const done = hosts.flatMap(({ steps }) => steps).filter(isDoneChange).length;
  const left = hosts.reduce((sum, { report }) => sum + (report?.left.length ?? 0), 0);
  const changes = changesWords(command, done, summary === undefined ? undefined : left);
  return `${command} on ${count(hosts.length, "host")}: ${endings(run)}; ${changes}.`;
}

const isDoneChange = (step: RunStep): boolean =>
  isChange(step) && step.to !== undefined && step.failed !== true;

function stoppedText({ interrupted, summary }: RunRecord): readonly string[] {
  const stopped = `<p class="wrong">Interrupted by the user after ${duration(interrupted ?? 0)}.</p>`;
  const resume = summary?.resume;
  return [
    ...(interrupted === undefined ? [] : [stopped]),
    ...(summary === undefined
      ? ['<p class="wrong">The run did not finish. This page shows what it did until then.</p>']
      : []),
    ...(resume === undefined ? [] : [`<p>To finish: <code>${escaped(commandOf(resume))}</code></p>`]),
  ];
}

/** Hosts with the same failure are listed together. */
function failureList(hosts: readonly RunHost[]): readonly string[] {
  const failed = hosts.flatMap(({ name, failure }) =>
    failure === undefined ? [] : [{ host: name, failure }],
  );
  if (failed.length === 0) return [];
  const items = groupFailures(failed).map((group) => failureItem(group, hosts));
  return [`<h3>What went wrong</h3><ol class="flaws">${items.join("")}</ol>`];
}

function failureItem(group: readonly Failed[], hosts: readonly RunHost[]): string {
  const [first] = group;
  if (first === undefined) return "";
  const host = hosts.find(({ name }) => name === first.host);
  const kind = host !== undefined && severityOf(endingOf(host)) === "outage" ? "outage" : "risk";
  const links = group.map((one) => link(runHostId(one.host), one.host));
  return `<li class="${kind}">${failureText(first, `<strong>${links.join(", ")}:</strong> `)}</li>`;
}

function failureText({ host, failure }: Failed, start = ""): string {
  const { code, detail, hint, source } = failure;
  const words = detail === undefined ? "" : printableLines(detail).map(escaped).join("\n");
  return [
    `<p>${start}${escaped(failureLine(host, failure, 0))} (${code})</p>`,
    words === "" ? "" : `<pre>${words}</pre>`,
    source === undefined ? "" : `<p>At ${sourceText(source)}</p>`,
    hint === undefined ? "" : `<p>Do: ${escaped(printableLines(hint).join(" "))}</p>`,
  ].join("");
}

interface Column {
  readonly name: string;
  readonly kind?: "ms";
}

function table(caption: string, columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const classOf = (i: number): string => (columns[i]?.kind === "ms" ? ' class="ms"' : "");
  const head = columns.map(({ name }, i) => `<th scope="col"${classOf(i)}>${name}</th>`).join("");
  const body = rows.map(
    (row) => `<tr>${row.map((cell, i) => `<td${classOf(i)}>${cell}</td>`).join("")}</tr>`,
  );
  return `<table><caption>${caption}</caption><thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table>`;
}

const stageColumns: readonly Column[] = [
  { name: "Stage" },
  { name: "Hosts", kind: "ms" },
  { name: "Changes", kind: "ms" },
  { name: "Started after", kind: "ms" },
  { name: "Took", kind: "ms" },
];

const stageTable = (stages: readonly RunStage[]): string =>
  table(
    "Stages, in order",
    stageColumns,
    stages.map(({ name, hosts, changes, from, to }, i) => [
      `${i + 1}. ${escaped(name)}`,
      String(hosts),
      String(changes),
      duration(from),
      to === undefined ? "not ended" : duration(to - from),
    ]),
  );

function hostDetails(host: RunHost, run: RunRecord): string {
  const { name, failure, report, steps, orphans } = host;
  const ending = endingOf(host);
  const severity = severityOf(ending);
  const done = steps.filter(isDoneChange).length;
  const note =
    run.command === "apply" ? `${count(done, "change")} done` : count(report?.left.length ?? 0, "change");
  const unwanted = orphans.map(({ id, why }) => escaped(why === undefined ? id : `${id}: ${why}`));
  return hostBox({
    id: runHostId(name),
    kind: severity,
    name,
    badge: badge(severity, ending),
    note,
    inside: [
      failure === undefined ? "" : `<div class="failure">${failureText({ host: name, failure })}</div>`,
      steps.length === 0 ? "<p>Nothing was started on this host.</p>" : stepTable(name, steps),
      leftText(report?.left ?? [], run),
      titled("No role wants this any more", unwanted),
    ],
  });
}

const stepColumns: readonly Column[] = [
  { name: "After", kind: "ms" },
  { name: "What" },
  { name: "Took", kind: "ms" },
];

const stepTable = (host: string, steps: readonly RunStep[]): string =>
  table(
    `What was done on ${escaped(host)}, in order`,
    stepColumns,
    [...steps]
      .sort((a, b) => a.from - b.from)
      .map((step) => [duration(step.from), stepText(step), tookText(step)]),
  );

const stepText = ({ name, notes, failed }: RunStep): string =>
  `${noted(name, notes)}${failed === true ? " <strong>failed</strong>" : ""}`;

const noted = (name: string, notes: readonly string[]): string =>
  `${escaped(name)}${notes.length === 0 ? "" : ` ${muted(notes.join(" "))}`}`;

const tookText = ({ from, to }: RunStep): string => (to === undefined ? "not ended" : duration(to - from));

function leftText(left: readonly Change[], { command }: RunRecord): string {
  const items = left.map((change) => noted(changeName(change), changeNotes(change, command === "check")));
  return titled(command === "apply" ? "Left to do" : "What would change", items);
}

const titled = (title: string, items: readonly string[]): string =>
  items.length === 0 ? "" : `<h4>${title}</h4>${list(items)}`;
