import { listed } from "../base/listed.ts";
import { count, groupBy } from "../base/text.ts";
import { wrap } from "../base/wrap.ts";
import type {
  Flaw,
  Note,
  PartReport,
  RedundancyReport,
  ServiceReport,
  TierReport,
  WayReport,
} from "../model/redundancy.ts";
import type { Source } from "../model/source.ts";
import { rangeOf } from "./drill/range.ts";
import { paintWith } from "./paint.ts";
import { jsonText } from "./printable.ts";
import { table } from "./table.ts";

/** How the explanation is laid out. */
export interface ExplainView {
  /** Width of the terminal. 0: no terminal, nothing is wrapped. */
  readonly columns: number;
  readonly color: boolean;
  /** The lines that show a place of the inventory, as in diagnostics; empty if the line must not be shown. */
  readonly excerpt: (source: Source) => readonly string[];
}

/** The explanation for people: the tiers, then the times, then the flaws. Ends with a line end. */
export function renderExplain(report: RedundancyReport, view: ExplainView): string {
  const blocks = [
    headline(report, view),
    ...report.tiers.map((tier) => tierLines(tier, view)),
    ...baseLines(report, view),
    ...timeLines(report, view),
    ...measuredLines(report, view),
    ...flawLines(report.flaws, view),
    ...noteLines("Notes on the inventory", report.notes, view),
    ...noteLines("Outside of the inventory, shared by all", outside(report), view),
  ];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function headline({ hosts, tiers, flaws }: RedundancyReport, view: ExplainView): readonly string[] {
  const paint = paintWith(view.color);
  const size = `${count(hosts, "host")} in ${count(tiers.length, "tier")}`;
  const [more, color] = flaws.length === 0 ? ["", paint.green] : [", listed below", paint.red];
  return wrap(`${size}: ${countFlaws(flaws)}${more}`, view.columns, "").map((line) => color(line));
}

/** `1 single point of failure and 2 risks`. */
export function countFlaws(flaws: readonly Pick<Flaw, "severity">[]): string {
  const outages = flaws.filter(({ severity }) => severity === "outage").length;
  const risks = flaws.length - outages;
  const points = `${count(outages, "single point")} of failure`;
  if (risks === 0) return outages === 0 ? "no single point of failure" : points;
  return outages === 0 ? count(risks, "risk") : `${points} and ${count(risks, "risk")}`;
}

const outside = ({ outside: words }: RedundancyReport): readonly Note[] =>
  words.map((message) => ({ message }));

function tierLines({ tier, parts }: TierReport, view: ExplainView): readonly string[] {
  return [
    paintWith(view.color).bold(tier.toUpperCase()),
    ...parts.flatMap((part) => [
      ...wrap(`${part.role} on ${listed(part.hosts)}${portsOf(part)}`, view.columns, "  ", "      "),
      ...sentencesOf(part).flatMap((sentence) => wrap(sentence, view.columns, "    ")),
    ]),
  ];
}

function portsOf({ services }: PartReport): string {
  if (services.length === 0) return "";
  return `: ${services.map(({ name, port, protocol }) => `${name} (${portName(port, protocol)})`).join(", ")}`;
}

const portName = (port: number, protocol: ServiceReport["protocol"]): string =>
  protocol === "vrrp" ? "VRRP" : protocol === "udp" ? `UDP port ${port}` : `port ${port}`;

/** How the members of a part share the work, what a loss does, and who uses it: a sentence each. */
export function sentencesOf(part: PartReport): readonly string[] {
  const [first] = part.services;
  if (first === undefined) {
    return [part.hosts.length === 1 ? "Runs on one host. No other role uses it." : "No other role uses it."];
  }
  const moving = part.services.flatMap(({ floating }) =>
    floating.map(({ address, hosts }) => `Users connect to ${address}, which ${movement(hosts)}.`),
  );
  return [
    `${first.shape}${spareWords(part, first)}`,
    ...changesWords(part, first),
    ...moving,
    ...losses(part),
    ...part.services.flatMap(({ ways }) => ways.map(wayWords)),
    ...usersWords(part),
  ];
}

/** How many members a run changes at the same time. */
function changesWords({ scope }: PartReport, { hosts, floor }: ServiceReport): readonly string[] {
  if (scope !== "stack" || hosts.length === 1) return [];
  const kept = `${Math.min(floor, hosts.length)} of ${hosts.length} stay healthy`;
  const together = Math.max(1, hosts.length - floor);
  return [`Changed ${together === 1 ? "one" : together} at a time: at least ${kept}.`];
}

const movement = (hosts: readonly string[]): string =>
  hosts.length === 1 ? `can be on ${hosts[0]} only` : `moves between ${listed(hosts)}`;

function spareWords({ scope }: PartReport, { spare, hosts }: ServiceReport): string {
  if (scope !== "stack" || hosts.length === 1) return "";
  if (spare === 0) return " None may be lost.";
  return spare === 1 ? " One may be lost." : ` ${spare} may be lost at a time.`;
}

/** What a loss does: one sentence for all services with the same text. */
function losses({ scope, hosts, services }: PartReport): readonly string[] {
  const alone = scope === "agent" || hosts.length === 1;
  const when = scope === "host" ? "Failover" : alone ? "When it dies" : "When a member dies";
  const sentences = groupBy(services, ({ loss }) => loss);
  return [...sentences].map(([loss, alike]) =>
    sentences.size === 1 ? `${when}: ${loss}` : `${when} (${listed(alike.map(({ name }) => name))}): ${loss}`,
  );
}

/** How users on other hosts reach a service, where each of these hosts has a proxy. */
const wayWords = ({ name, port, users, loss }: WayReport): string =>
  `Reached by ${listed(users)} at 127.0.0.1:${port} of its own host (${name}): ${loss}`;

function usersWords({ role, services }: PartReport): readonly string[] {
  if (services.some(({ floating }) => floating.length > 0)) return [];
  const roles = [...new Set(services.flatMap(({ users }) => users))];
  const networks = services.flatMap(({ access }) => (typeof access === "string" ? [] : access));
  const users = [
    ...roles.map((name) => (name === role ? "its own members" : name)),
    ...(services.some(({ access }) => access === "anyone") ? ["anyone"] : []),
    ...new Set(networks),
  ];
  return [users.length > 0 ? `Used by ${listed(users)}.` : "No other role uses it."];
}

function baseLines({ base }: RedundancyReport, { columns }: ExplainView): readonly (readonly string[])[] {
  if (base.length === 0) return [];
  const words =
    base.length === 1 ? "is of the tier `base`: it serves its" : "are of the tier `base`: they serve their";
  return [wrap(`${listed(base)} ${words} own host only.`, columns, "")];
}

/** A row for each part, and for each of its services whose loss differs from that of the first. */
function timeLines({ tiers }: RedundancyReport, view: ExplainView): readonly (readonly string[])[] {
  const rows = tiers.flatMap(({ parts }) => parts.flatMap(rowsOf));
  if (rows.length === 0) return [];
  const heading = ["service", "members", "must stay", "may be lost", "time", "healthy when"];
  const [head = "", ...lines] = table([heading, ...rows], view.columns);
  const paint = paintWith(view.color);
  const legend = wrap(
    "Must stay: while others are changed. Time: until users are served again, as described above.",
    view.columns,
    "  ",
  );
  return [[paint.bold("MEMBERS AND TIMES"), ...legend, paint.dim(head), ...lines]];
}

/** What the faults of a drill have cost: the median, and in brackets the least and the most, of its rounds. */
function measuredLines({ measured }: RedundancyReport, view: ExplainView): readonly (readonly string[])[] {
  if (measured === undefined) return [];
  const rows = measured.faults.map(({ fault, rounds, reads, writes, broken }) => [
    fault,
    String(rounds),
    rangeOf(reads),
    rangeOf(writes),
    broken === 0 ? "kept" : `broken in ${broken}`,
  ]);
  const [head = "", ...lines] = table(
    [["fault", "rounds", "no read, s", "no write, s", "promise"], ...rows],
    view.columns,
  );
  const paint = paintWith(view.color);
  return [[paint.bold(`MEASURED BY THE DRILL OF ${measured.date.slice(0, 10)}`), paint.dim(head), ...lines]];
}

function rowsOf({ scope, services }: PartReport): readonly (readonly string[])[] {
  const different = [...groupBy(services, ({ loss }) => loss).values()].flatMap(([first]) => first ?? []);
  const own = different.map(({ name, hosts, floor, spare, times, check }) => [
    name,
    String(hosts.length),
    ...(scope === "stack" ? [String(floor), String(spare)] : ["own host", "–"]),
    ...endOf({ times, check }),
  ]);
  const ways = services.flatMap((service) => service.ways);
  return [...own, ...ways.map((way) => [way.name, String(way.hosts.length), "own host", "–", ...endOf(way)])];
}

const endOf = ({ times, check }: Pick<ServiceReport, "times" | "check">): readonly string[] => [
  times.length === 0 ? "–" : times.join(", "),
  check,
];

function flawLines(flaws: readonly Flaw[], view: ExplainView): readonly (readonly string[])[] {
  if (flaws.length === 0) return [];
  const paint = paintWith(view.color);
  const heading = paint.bold("SINGLE POINTS OF FAILURE, AND RISKS");
  const indent = " ".repeat(String(flaws.length).length + 3);
  const blocks = flaws.map((flaw, i) => {
    const sign = (flaw.severity === "outage" ? paint.red : paint.yellow)(flaw.severity);
    const start = `${String(i + 1).padStart(indent.length - 2)}. `;
    const { file, line, col } = flaw.source;
    return [
      ...wrap(`${flaw.severity}: ${flaw.what}`, view.columns, start, indent).map((text, row) =>
        row === 0 ? text.replace(flaw.severity, () => sign) : text,
      ),
      ...wrap(`Why: ${flaw.why}.`, view.columns, indent, `${indent}     `),
      ...wrap(`Do:  ${flaw.remedy}.`, view.columns, indent, `${indent}     `),
      `${indent}${paint.cyan(`${file}:${line}:${col}`)}`,
      ...view.excerpt(flaw.source).map((text) => `${indent}${text}`),
    ].join("\n");
  });
  return [[heading, blocks.join("\n\n")]];
}

function noteLines(
  title: string,
  notes: readonly Note[],
  { columns, color }: ExplainView,
): readonly (readonly string[])[] {
  if (notes.length === 0) return [];
  const lines = notes.flatMap(({ message, source }) => {
    const at = source === undefined ? "" : ` (${source.file}:${source.line})`;
    return wrap(`${message}${at}`, columns, "  - ", "    ");
  });
  return [[`${paintWith(color).bold(title.toUpperCase())}`, ...lines]];
}

/** Increases when a field is removed or changes its meaning, but not for new fields. */
const version = 1;

/** The explanation for programs: one JSON document. It names lines of the inventory, and does not show them. Ends with a line end. */
export function explainJson(report: RedundancyReport): string {
  const placed = <T extends { readonly source?: Source }>({ source, ...rest }: T) => ({
    ...rest,
    ...(source === undefined ? {} : { file: source.file, line: source.line, col: source.col }),
  });
  const document = {
    version,
    ...report,
    flaws: report.flaws.map(placed),
    notes: report.notes.map(placed),
  };
  return `${jsonText(document, 2)}\n`;
}
