import { eachOf, onHost } from "../../base/concurrency.ts";
import { listed } from "../../base/listed.ts";
import type { Change, Stage } from "../../model/plan.ts";
import type { Service } from "../../model/topology.ts";
import { fail } from "../failed-host.ts";
import type { OpenHost } from "../observe/host.ts";
import { plays } from "../plays.ts";
import type { Run } from "../state.ts";
import { nextBatch, ofStage } from "./batches.ts";
import {
  type Disturbed,
  disturbedBy,
  disturbedServices,
  gatedEndpointsOf,
  heldByOthers,
  lookAtMembers,
  type MemberHealth,
} from "./disturbance.ts";
import { owesGate } from "./gate.ts";
import { changeMember, changeServingMember } from "./member.ts";
import { byRank } from "./rank.ts";

/** What a stage has to do. */
interface StageWork {
  readonly stage: Stage;
  /** The changes of this stage. */
  readonly inThis: (change: Change) => boolean;
  /** By host: the roles whose services the changes may take away for a moment. */
  readonly disturbed: Disturbed;
  /** The services of these roles. */
  readonly services: readonly Service[];
  /** How the members of these services are; `undefined` when it is not known any more. */
  health: MemberHealth | undefined;
}

/** Rolls out one stage, where it has something to do: `inStage` is told the number of changes, and does the work. */
export async function rollOut(
  run: Run,
  stage: Stage,
  inStage: (changes: number, work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const inThis = ofStage(stage);
  const hosts = hostsToChange(run, stage, inThis);
  if (hosts.length === 0) return;
  const disturbed = disturbedBy(hosts, inThis);
  const services = disturbedServices(run.input.wanted.topology, disturbed);
  const changes = hosts.reduce((sum, { plan }) => sum + plan.changes.filter(inThis).length, 0);
  await inStage(changes, async () => {
    const work: StageWork = { stage, inThis, disturbed, services, health: undefined };
    for (const { names, together } of byRank(run, stage, hosts))
      await rollOutRank(run, work, names, together);
  });
}

/** Hosts with changes of this stage, or with a gate that an earlier run has not passed. */
function hostsToChange(
  { input, open, failures }: Pick<Run, "input" | "open" | "failures">,
  stage: Stage,
  inThis: (change: Change) => boolean,
): readonly OpenHost[] {
  const roles = new Set(stage.roles);
  return stage.hosts
    .flatMap((name) => open.get(name) ?? [])
    .filter(({ name }) => !failures.has(name))
    .filter(
      (host) =>
        host.plan.changes.some(inThis) ||
        owesGate(host, gatedEndpointsOf(input.wanted.topology, host.name, roles)),
    );
}

/**
 * First the members that do not serve, or are not disturbed, all at once: they may be healthy again before the others are
 * changed. Then the serving members, in batches as large as the floors of their services allow at that moment.
 */
async function rollOutRank(
  run: Run,
  work: StageWork,
  names: readonly string[],
  together: readonly string[],
): Promise<void> {
  if (lacksMembers(run, names, together)) return;
  const serving = together.length > 0 ? [] : await servingAmong(run, work, names);
  const others = names.filter((name) => !serving.includes(name));
  await changeBatch(run, work, others, (host) => changeMember(run, host, work));
  let waiting = serving;
  while (waiting.length > 0) {
    const { batch, later } = await chooseBatch(run, work, waiting);
    await changeBatch(run, work, batch, (host) => changeServingMember(run, host, work));
    waiting = later;
  }
}

/** Whether members of these roles, which must be changed together, cannot all be changed now. Then none of them is. */
function lacksMembers(run: Run, names: readonly string[], together: readonly string[]): boolean {
  const lacking = run.input.wanted.topology.hosts
    .filter(plays(together))
    .map(({ host }) => host.name)
    .filter((name) => run.failures.has(name) || !run.open.has(name));
  for (const name of lacking.length === 0 ? [] : names) {
    const message = `${name}: skipped. The members of \`${listed(together)}\` must be changed together now, and ${listed(lacking)} cannot be changed`;
    fail(run, name, { code: "dependency-failed", message, hint: "run for all of them, without --limit" });
  }
  return lacking.length > 0;
}

/** Members whose services the changes disturb, and which are healthy now. */
async function servingAmong(run: Run, work: StageWork, names: readonly string[]): Promise<readonly string[]> {
  const disturbed = names.filter((name) => work.disturbed.has(name));
  if (disturbed.length === 0) return [];
  work.health ??= await lookAtMembers(run, work.services);
  const { lost } = work.health;
  return disturbed.filter((name) => !lost.has(name));
}

/** The members to change now, and those to change later. One that must not be changed fails, with the reason. */
async function chooseBatch(
  run: Run,
  work: StageWork,
  waiting: readonly string[],
): Promise<{ readonly batch: readonly string[]; readonly later: readonly string[] }> {
  work.health ??= await lookAtMembers(run, work.services);
  const { health, services } = work;
  const free = waiting.filter((name) => {
    const held = heldByOthers(run.input.wanted, name, services, health);
    if (held !== undefined) fail(run, name, held);
    return held === undefined;
  });
  const { batch, refused } = nextBatch(free, services, health.lost);
  for (const [name, failure] of refused) fail(run, name, failure);
  return { batch, later: free.filter((name) => !batch.includes(name) && !refused.has(name)) };
}

/** Changes members at the same time. After that nothing is known of the health of the others. */
async function changeBatch(
  run: Run,
  work: StageWork,
  batch: readonly string[],
  change: (host: OpenHost) => Promise<void>,
): Promise<void> {
  if (batch.length === 0) return;
  const hosts = batch.flatMap((name) => run.open.get(name) ?? []);
  await eachOf(hosts, run.input.reach.forks, (host) =>
    onHost(
      host.name,
      () => change(host),
      (failure) => fail(run, host.name, failure),
    ),
  );
  work.health = undefined;
}
