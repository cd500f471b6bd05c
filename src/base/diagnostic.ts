import type { Diagnostic, Source } from "../model/source.ts";
import { listed } from "./listed.ts";

/** Lines that set a variable of such a name are never shown: diagnostics end up in logs. */
const SECRET = /(?:pass(?:word|wd|phrase)?|secret|token)[\w-]*["']?\s*[:=]/i;

/** The problems that a reader has found. */
export interface Log {
  readonly problems: Diagnostic[];
  /** True: an error made the reader skip content. A name that is missing may stand in that content. */
  lost: boolean;
}

/** An empty log. */
export function newLog(): Log {
  return { problems: [], lost: false };
}

/** A problem of one host. `distinct` joins the problems that many hosts have from one line of a group. */
export interface HostProblem extends Diagnostic {
  readonly host: string;
}

/** An error of one host; the message does not name it. */
export function hostProblem(host: string, message: string, source?: Source, hint?: string): HostProblem {
  return { ...diagnostic("error", message, source, hint), host };
}

/** True for a line that sets a variable called password, secret or token: its value is never shown. */
export function isSecretLine(source: Source): boolean {
  return SECRET.test(source.lineText?.() ?? "");
}

/** A diagnostic. It has an excerpt if the source knows the text of its line, and the line holds no password. */
export function diagnostic(
  severity: Diagnostic["severity"],
  message: string,
  source?: Source,
  hint?: string,
): Diagnostic {
  const line = source?.lineText?.();
  const excerpt = line === undefined || SECRET.test(line) ? undefined : line;
  return {
    severity,
    message,
    ...(source === undefined ? {} : { source }),
    ...(excerpt === undefined ? {} : { excerpt }),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** The same with the excerpt of its line. Diagnostics of the topology come without one. */
export function withExcerpt<T extends Diagnostic>(problem: T): T {
  if (problem.excerpt !== undefined || problem.source === undefined) return problem;
  const { excerpt } = diagnostic(problem.severity, problem.message, problem.source);
  return excerpt === undefined ? problem : { ...problem, excerpt };
}

/** Adds an error. */
export function fail(log: Log, message: string, source?: Source, hint?: string): void {
  log.problems.push(diagnostic("error", message, source, hint));
}

/** Adds an error that made the reader skip content. */
export function lose(log: Log, message: string, source?: Source, hint?: string): void {
  log.lost = true;
  fail(log, message, source, hint);
}

/** Adds a warning. */
export function warn(log: Log, message: string, source?: Source, hint?: string): void {
  log.problems.push(diagnostic("warning", message, source, hint));
}

/** The hint "did you mean …?"; `undefined` without a name. */
export function didYouMean(name: string | undefined): string | undefined {
  return name === undefined ? undefined : `did you mean \`${name}\`?`;
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
    message: hosts.size === 0 ? message : `${message} (on ${listed([...hosts], 3)})`,
    ...(source === undefined ? {} : { source }),
    ...(excerpt === undefined ? {} : { excerpt }),
    ...(hint === undefined ? {} : { hint }),
    ...(stack === undefined ? {} : { stack }),
  };
}

/**
 * Each problem once, with the hosts that have it: a bad line in a group is a problem of every host in it. Sorted by file in
 * the order of first mention, then by line and column.
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
