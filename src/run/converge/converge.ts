import { onHost } from "../../base/concurrency.ts";
import type { Failure } from "../../model/failure.ts";
import type { Kind } from "../../model/kind.ts";
import type { Change } from "../../model/plan.ts";
import type { ResourceId, Trigger } from "../../model/resource.ts";
import type { Script } from "../../model/script.ts";
import { idOf } from "../../plan/plan.ts";
import { isSecret } from "../../plan/secret.ts";
import { leaveMark, settle } from "../../resources/mark.ts";
import { lines } from "../../script/script.ts";
import { failureOf, interrupted, stillDifferent, withheld } from "../failures.ts";
import type { RunInput } from "../input.ts";
import { type OpenHost, observeHost } from "../observe/host.ts";
import { deadlineOf, withConfirmation } from "./confirm.ts";
import { liveOutput } from "./live-output.ts";
import { remember } from "./write-manifest.ts";

/** Which changes of a host a stage carries out. */
export type Selection = (change: Change) => boolean;

/**
 * Carries out a host's changes of one stage, one request each, then looks again: what is still different has failed,
 * whatever its exit code was. Also after a failure: what was done until then is written down.
 */
export function convergeHost(
  input: RunInput,
  host: OpenHost,
  selection: Selection,
  prefix: readonly Script[] = [],
): Promise<Failure | undefined> {
  return onHost(
    host.name,
    () => convergeSelected(input, host, selection, prefix),
    (failure) => failure,
  );
}

async function convergeSelected(
  input: RunInput,
  host: OpenHost,
  selection: Selection,
  prefix: readonly Script[],
): Promise<Failure | undefined> {
  const before = host.plan.changes;
  const chosen = before.filter(selection);
  if (chosen.length === 0) return undefined;
  const failure = await convergeAll(input, host, chosen, prefix);
  if (failure !== undefined && lostCodes.has(failure.code)) return failure;
  const unseen = (await observeHost(input, host)) ?? (await remember(input, host));
  if (unseen !== undefined) return failure ?? unseen;
  const left = host.plan.changes.filter((change) => chosen.some((done) => done.id === change.id));
  return (
    failure ??
    stillDifferent(
      host.name,
      left.filter((change) => !isNewlyDue(change, before)),
    )
  );
}

/** After these there is no connection to look again by. */
const lostCodes: ReadonlySet<Failure["code"]> = new Set(["connection-lost", "deadline", "protocol"]);

async function convergeAll(
  input: RunInput,
  host: OpenHost,
  chosen: readonly Change[],
  prefix: readonly Script[],
): Promise<Failure | undefined> {
  let first = prefix;
  for (const group of neighbours(input, chosen)) {
    if (input.stop.requested) return interrupted(host.name);
    const decided = group.some(isUndecided) ? await decide(input, host, group) : current(host, group);
    if ("code" in decided) return decided;
    const failure = await convergeGroup(input, host, decided, first);
    if (failure !== undefined) return failure;
    if (decided.length > 0) first = [];
  }
  return undefined;
}

/** The changes as the last look has them: one that was decided meanwhile may have made others due. */
function current(host: OpenHost, group: readonly Change[]): readonly Change[] {
  return host.plan.changes.filter((change) => group.some(({ id }) => id === change.id));
}

const isUndecided = (change: Change): boolean => change.action === "undecided";

/** What could not be observed is observed again at its turn: what came before it may have made it observable. */
async function decide(
  input: RunInput,
  host: OpenHost,
  group: readonly Change[],
): Promise<readonly Change[] | Failure> {
  const unseen = await observeHost(input, host);
  if (unseen !== undefined) return unseen;
  const now = current(host, group);
  return now.some(isUndecided) ? (stillDifferent(host.name, now.filter(isUndecided)) ?? now) : now;
}

/** A unit of a later stage may have become due by what this stage did; that is no failure of this stage. */
function isNewlyDue(change: Change, before: readonly Change[]): boolean {
  return change.action === "reload" && !before.some((earlier) => earlier.id === change.id);
}

function kindOf(input: RunInput, change: Change): Kind {
  const kind = input.kinds.get(change.resource.kind);
  if (kind === undefined) throw new Error(`no such kind: ${change.resource.kind}`);
  return kind;
}

/** Changes of a grouped kind that stand together go in one call. */
function neighbours(input: RunInput, changes: readonly Change[]): readonly (readonly Change[])[] {
  const groups: Change[][] = [];
  for (const change of changes) {
    const last = groups.at(-1);
    const [first] = last ?? [];
    const together =
      first !== undefined && first.resource.kind === change.resource.kind && kindOf(input, change).grouped;
    if (last !== undefined && together) last.push(change);
    else groups.push([change]);
  }
  return groups;
}

async function convergeGroup(
  input: RunInput,
  host: OpenHost,
  group: readonly Change[],
  prefix: readonly Script[],
): Promise<Failure | undefined> {
  const [first] = group;
  if (first === undefined) return undefined;
  const started = input.now();
  for (const change of group) input.emit({ type: "change-started", host: host.name, change });
  const failure = await onHost(
    host.name,
    () => withConfirmation(input, host, group, () => carryOut(input, host, group, prefix)),
    (unexpected) => unexpected,
  );
  for (const change of group) {
    if (failure === undefined) {
      host.done.push(change);
      input.emit({ type: "change-done", host: host.name, change, ms: input.now() - started });
    } else input.emit({ type: "change-failed", host: host.name, change, failure });
  }
  return failure;
}

/** The one request that makes the changes. */
async function carryOut(
  input: RunInput,
  host: OpenHost,
  group: readonly Change[],
  prefix: readonly Script[],
): Promise<Failure | undefined> {
  const [first] = group;
  if (first === undefined) return undefined;
  const kind = kindOf(input, first);
  const tell = (line: string): void => input.emit({ type: "output", host: host.name, id: first.id, line });
  const secret = group.some(isSecret);
  const output = liveOutput(secret ? () => {} : tell);
  const script = lines([
    ...prefix,
    ...marksFor(host, group),
    withOutput(settled(group, kind.converge(group))),
  ]);
  const answer = await host.session.request(script, {
    deadline: deadlineOf(group, kind.deadline),
    waitingFor: `${first.action} ${group.map((change) => change.id).join(", ")}`,
    onOutput: output.chunk,
  });
  output.end();
  if (secret && output.last() !== "") tell(withheld);
  return answer.ok ? failureOf(host.name, group, answer.value.code, output.last()) : answer.error;
}

/** What programs say on their error output belongs between the lines of their output. */
function withOutput(script: Script): Script {
  return { text: `{\n${script.text}\n} 2>&1`, input: script.input };
}

/** The reload that a change will owe is on the host before the change is: it cannot be lost. */
function marksFor(host: OpenHost, group: readonly Change[]): readonly Script[] {
  const ids = new Set<ResourceId>(group.map((change) => change.id));
  return host.everything.flatMap(({ resource }) => {
    const due = (watched: readonly ResourceId[] = []): boolean => watched.some((id) => ids.has(id));
    const trigger: Trigger | undefined = due(resource.restartOn)
      ? "restart"
      : due(resource.reloadOn)
        ? "reload"
        : undefined;
    return trigger === undefined ? [] : [leaveMark(idOf(resource), trigger)];
  });
}

/** A resource that watches others has paid what it owed once it was converged, or confirmed where it must be. */
function settled(group: readonly Change[], script: Script): Script {
  return group
    .filter(({ resource }) => resource.payload?.confirm === undefined)
    .filter(({ resource, trigger }) => trigger !== undefined || resource.reloadOn || resource.restartOn)
    .reduce((inner, change) => settle(change.id, inner), script);
}
