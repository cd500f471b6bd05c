import type { Plan } from "../model/plan.ts";
import type { HostReport, Summary } from "../model/summary.ts";

/** The exit code of a run. Bad input has code 3: then there is no run. */
export type ExitCode = 0 | 1 | 2 | 4;

/** The exit code for bad input: nothing was contacted, started or changed. */
export const badInput = 3;

/**
 * 0: nothing to do, or all done · 1: something failed, was interrupted, or was skipped because of a failure on another host ·
 * 4: some hosts are unreachable, and nothing else failed · 2: `plan` or `check` found changes, and observed every host.
 *
 * A failure comes before an unreachable host, because a person must act on it. An unreachable host comes before changes: code 2
 * means that the difference is known, and it is not known for a host that was not observed.
 *
 * A resource that cannot be observed yet (`undecided`) counts as a change, because it may not be as desired. An orphan is a
 * difference that a person must decide on, so `check` ends with 2. `plan` does not: without `--prune`, a run does nothing about
 * orphans.
 */
export function exitCode(summary: Summary, plan?: Plan): ExitCode {
  if (summary.hosts.some(wentWrong)) return 1;
  if (summary.hosts.some((host) => host.outcome === "unreachable")) return 4;
  if (summary.command === "apply") return 0;
  const orphaned =
    summary.command === "check" && plan?.hosts.some((host) => host.orphans.length > 0) === true;
  return orphaned || summary.hosts.some((host) => host.outcome === "changes" || host.left.length > 0) ? 2 : 0;
}

function wentWrong(host: HostReport): boolean {
  if (host.outcome === "failed" || host.outcome === "interrupted") return true;
  // Skipping a host without changes is no failure.
  return host.outcome === "skipped" && (host.failure !== undefined || host.left.length > 0);
}
