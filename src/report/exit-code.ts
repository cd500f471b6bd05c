import type { Plan } from "../model/plan.ts";
import type { HostReport, Summary } from "../model/summary.ts";

/** What a run ends with. 3, bad input, is never a run's: nothing was contacted then. */
export type ExitCode = 0 | 1 | 2 | 4;

/** What a command ends with that was given bad input: nothing was contacted, started or changed. */
export const badInput = 3;

/**
 * 0 nothing to do, or all done · 1 something failed, was interrupted, or was left undone because of a failure elsewhere ·
 * 4 some hosts were not reached, and nothing else went wrong · 2 `plan` or `check` found changes, and saw every host.
 *
 * A failure beats an unreachable host: it is the news that needs a person. An unreachable host beats changes found: code 2
 * says "this is the difference", which is not known while a host was not seen.
 *
 * What cannot be observed yet (`undecided`) counts as a change: it is not known to be as desired. An orphan is a
 * difference between host and inventory which somebody has to decide, so `check` ends with 2 for it; `plan` does
 * not, because without `--prune` nothing would be done about it.
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
  // A host skipped with nothing to do has lost nothing.
  return host.outcome === "skipped" && (host.failure !== undefined || host.left.length > 0);
}
