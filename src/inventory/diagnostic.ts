import type { Diagnostic, Source } from "../model/source.ts";
import { Place } from "./parse/text-file.ts";

/** Characters of one line that are shown: a minified file is one line of megabytes. */
const WINDOW = 160;

/** Lines that set something of such a name are never shown: what is shown ends up in logs. */
const SECRET = /(?:pass(?:word|wd|phrase)?|secret|token)[\w-]*["']?\s*[:=]/i;

/** Where the reader writes down what it finds. */
export interface Log {
  readonly problems: Diagnostic[];
  /** True when content was lost with an error, so that a missing name proves nothing. */
  lost: boolean;
}

/** An empty log. */
export function newLog(): Log {
  return { problems: [], lost: false };
}

/** A problem of one host. What many hosts have from one line of a group becomes one problem in `distinct`. */
export interface HostProblem extends Diagnostic {
  readonly host: string;
}

/** An error of one host; the message does not name it. */
export function hostProblem(host: string, message: string, source?: Source, hint?: string): HostProblem {
  return { ...diagnostic("error", message, source, hint), host };
}

/** The same problem on a host outside the limit: it is only in the way of a login there. */
export function outsideLimit(problem: Diagnostic): Diagnostic {
  const hint = "the host is outside the limit: should this run have to ask it, it counts as not reachable";
  return { ...problem, severity: "warning", hint };
}

/** True for a line that sets something called password, secret or token: its values are never shown. */
export function isSecretLine(source: Source): boolean {
  return SECRET.test(Place.excerpt(source) ?? "");
}

/** A diagnostic with its excerpt, where the source knows its text and the line holds no password. */
export function diagnostic(
  severity: Diagnostic["severity"],
  message: string,
  source?: Source,
  hint?: string,
): Diagnostic {
  const line = source === undefined ? undefined : Place.excerpt(source);
  const excerpt = line === undefined || SECRET.test(line) ? undefined : line;
  return {
    severity,
    message,
    ...(source === undefined ? {} : { source }),
    ...(excerpt === undefined ? {} : { excerpt }),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** The same, with the line its source points at: what the topology says of a line does not know its text. */
export function withExcerpt<T extends Diagnostic>(problem: T): T {
  if (problem.excerpt !== undefined || problem.source === undefined) return problem;
  const { excerpt } = diagnostic(problem.severity, problem.message, problem.source);
  return excerpt === undefined ? problem : { ...problem, excerpt };
}

/** Writes down an error. */
export function fail(log: Log, message: string, source?: Source, hint?: string): void {
  log.problems.push(diagnostic("error", message, source, hint));
}

/** Writes down an error that took content with it. */
export function lose(log: Log, message: string, source?: Source, hint?: string): void {
  log.lost = true;
  fail(log, message, source, hint);
}

/** Writes down a warning. */
export function warn(log: Log, message: string, source?: Source, hint?: string): void {
  log.problems.push(diagnostic("warning", message, source, hint));
}

/** The hint "did you mean …?", or undefined without a name. */
export function didYouMean(name: string | undefined): string | undefined {
  return name === undefined ? undefined : `did you mean \`${name}\`?`;
}

/** `a`, `a and b`, `a, b and 98 more`. */
export function nameSome(names: readonly string[]): string {
  const [first = "", second, ...more] = names;
  if (second === undefined) return first;
  return more.length === 0 ? `${first} and ${second}` : `${first}, ${second} and ${more.length} more`;
}

function isHostProblem(problem: Diagnostic): problem is HostProblem {
  return "host" in problem && typeof problem.host === "string";
}

interface Unique {
  readonly problem: Diagnostic;
  readonly hosts: Set<string>;
}

function withHosts({ problem, hosts }: Unique): Diagnostic {
  const { severity, message, source, excerpt, hint, stack } = problem;
  return {
    severity,
    message: hosts.size === 0 ? message : `${message} (on ${nameSome([...hosts])})`,
    ...(source === undefined ? {} : { source }),
    ...(excerpt === undefined ? {} : { excerpt }),
    ...(hint === undefined ? {} : { hint }),
    ...(stack === undefined ? {} : { stack }),
  };
}

/**
 * Each problem once (a bad line in a group would otherwise be told again for every host), with the hosts that have it,
 * by file in the order of first mention, then by place.
 */
export function distinct(problems: readonly Diagnostic[]): readonly Diagnostic[] {
  const unique = new Map<string, Unique>();
  const files = new Map<string, number>();
  for (const d of problems) {
    const file = d.source?.file ?? "";
    if (!files.has(file)) files.set(file, files.size);
    const key = `${d.severity}\0${file}\0${d.source?.line}\0${d.source?.col}\0${d.message}`;
    const known = unique.get(key) ?? { problem: d, hosts: new Set() };
    if (isHostProblem(d)) known.hosts.add(d.host);
    unique.set(key, known);
  }
  const rank = (d: Diagnostic): number => files.get(d.source?.file ?? "") ?? 0;
  const order = (a: number | undefined, b: number | undefined): number => (a ?? 0) - (b ?? 0);
  return [...unique.values()]
    .map(withHosts)
    .sort(
      (a, b) =>
        rank(a) - rank(b) || order(a.source?.line, b.source?.line) || order(a.source?.col, b.source?.col),
    );
}

/**
 * `file:line:col: error: message`, then the line with its number and a caret underline, then the hint. Plain text,
 * several lines, no newline at the end. Control characters are replaced, so that a file cannot steer the terminal.
 */
export function formatDiagnostic(d: Diagnostic): string {
  const at = d.source;
  const where = at === undefined ? "" : `${at.file}:${at.line}:${at.col}: `;
  const lines = [`${where}${d.severity}: ${d.message}`];
  if (at !== undefined && d.excerpt !== undefined) lines.push(...underline(at, d.excerpt));
  if (d.hint !== undefined) lines.push(`  hint: ${d.hint}`);
  // The windows of an excerpt keep tabs; all other control characters would move the cursor.
  return lines
    .map((line) => line.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "\ufffd"))
    .join("\n");
}

function underline(at: Source, excerpt: string): string[] {
  const characters = [...excerpt];
  const from = characters.length > WINDOW ? Math.max(0, at.col - 1 - WINDOW / 2) : 0;
  const shown = characters.slice(from, from + WINDOW);
  const start = Math.min(at.col - 1 - from, shown.length);
  const end = Math.min(
    Math.max((at.endCol ?? at.col + 1) - 1 - from, start + 1),
    Math.max(shown.length, start + 1),
  );
  const cut = from > 0 ? "…" : "";
  const rest = from + WINDOW < characters.length ? "…" : "";
  const number = String(at.line);
  const pad = shown.slice(0, start).map(blank).join("");
  const carets =
    shown
      .slice(start, end)
      .map((c) => "^".repeat(width(c)))
      .join("") || "^";
  return [
    `  ${number} | ${cut}${shown.join("")}${rest}`,
    `  ${" ".repeat(number.length)} | ${cut === "" ? "" : " "}${pad}${carets}`,
  ];
}

function blank(character: string): string {
  return character === "\t" ? "\t" : " ".repeat(width(character));
}

/** Terminal columns of a character: East Asian wide and emoji take two, combining marks none. */
function width(character: string): number {
  if (/\p{Mn}|\p{Me}|\u200d/u.test(character)) return 0;
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]/u.test(
    character,
  )
    ? 2
    : 1;
}
