import { eachOf, onHost, onHostNow } from "../../base/concurrency.ts";
import type { Failure } from "../../model/failure.ts";
import type { Kind } from "../../model/kind.ts";
import type { Change, Stage } from "../../model/plan.ts";
import type { ResourceId } from "../../model/resource.ts";
import { fail } from "../failed-host.ts";
import type { Caller } from "../input.ts";
import type { OpenHost } from "../observe/host.ts";
import type { Run } from "../state.ts";
import { leftDrained, restore } from "./drain.ts";
import { unhealthy } from "./gate.ts";
import { changeHost } from "./member.ts";
import { rollOut } from "./stage.ts";

/**
 * Carries out a plan: first the changes that touch no running service, on all hosts at once; then one stage after another, in
 * the topology's order; last the removal of orphans, which may be in use until their successors serve. Members that a run
 * has drained and not restored, this one or one that was killed, are restored before and after.
 */
export async function convergeStages(run: Run, stages: readonly Stage[]): Promise<void> {
  await restoreLeftDrained(run);
  await convergeEarly(run);
  for (const stage of stages) {
    await rollOut(run, stage, (changes, work) => inStage(run.input.caller, stage, changes, work));
  }
  await restoreLeftDrained(run);
  await removeOrphans(run);
}

async function restoreLeftDrained(run: Run): Promise<void> {
  for (const endpoint of leftDrained(run)) {
    const host = run.open.get(endpoint.host);
    if (host === undefined) continue;
    const restoreIt = async (): Promise<Failure | undefined> =>
      (await unhealthy(host.session, endpoint)) ? undefined : restore(run, [endpoint]);
    const failure = await onHost(host.name, restoreIt, (thrown) => thrown);
    if (failure !== undefined) fail(run, endpoint.host, failure);
  }
}

async function convergeEarly(run: Run): Promise<void> {
  const { wanted, reach, caller } = run.input;
  const early = new Map<OpenHost, ReadonlySet<ResourceId>>();
  for (const host of run.open.values()) {
    const ids = onHostNow(
      host.name,
      () => earlyChanges(wanted.kinds, host),
      (failure) => {
        fail(run, host.name, failure);
        return new Set<ResourceId>();
      },
    );
    if (ids.size > 0 && !run.failures.has(host.name)) early.set(host, ids);
  }
  if (early.size === 0) return;
  const hosts = [...early.keys()];
  const stage: Stage = { name: "packages", roles: [], hosts: hosts.map(({ name }) => name) };
  const changes = [...early.values()].reduce((sum, ids) => sum + ids.size, 0);
  await inStage(caller, stage, changes, async () => {
    await eachOf(hosts, reach.forks, (host) =>
      changeHost(run, host, ({ id }) => early.get(host)?.has(id) === true, []),
    );
  });
}

function earlyChanges(
  kinds: ReadonlyMap<string, Kind>,
  { plan: { changes } }: Pick<OpenHost, "plan">,
): ReadonlySet<ResourceId> {
  const early = changes.filter((change, index) =>
    kinds.get(change.resource.kind)?.early?.(change, changes.slice(0, index)),
  );
  return new Set(early.map(({ id }) => id));
}

async function removeOrphans(run: Run): Promise<void> {
  const isOrphan = ({ orphan }: Change): boolean => orphan === true;
  const hosts = [...run.open.values()].filter(
    ({ name, plan }) => !run.failures.has(name) && plan.changes.some(isOrphan),
  );
  if (hosts.length === 0) return;
  const stage: Stage = { name: "prune", roles: [], hosts: hosts.map(({ name }) => name) };
  const changes = hosts.reduce((sum, { plan }) => sum + plan.changes.filter(isOrphan).length, 0);
  await inStage(run.input.caller, stage, changes, async () => {
    await eachOf(hosts, run.input.reach.forks, (host) => changeHost(run, host, isOrphan, []));
  });
}

async function inStage(
  caller: Pick<Caller, "now" | "emit">,
  stage: Stage,
  changes: number,
  work: () => Promise<void>,
): Promise<void> {
  const started = caller.now();
  caller.emit({ type: "stage-started", stage, changes });
  await work();
  caller.emit({ type: "stage-finished", stage, ms: caller.now() - started });
}
