import type { Diagnostic, Source } from "../model/source.ts";
import { listed } from "./listed.ts";

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

/** True for a line that sets something called password, secret or token: its values are never shown. */
export function isSecretLine(source: Source): boolean {
  return SECRET.test(source.lineText?.() ?? "");
}

/** A diagnostic with its excerpt, where the source knows its text and the line holds no password. */
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
