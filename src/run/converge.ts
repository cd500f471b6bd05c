import type { Failure } from "../model/failure.ts";
import type { Kind } from "../model/kind.ts";
import type { Change } from "../model/plan.ts";
import type { ResourceId, Trigger } from "../model/resource.ts";
import type { Script } from "../model/script.ts";
import { idOf } from "../plan/plan.ts";
import { leaveMark, settle } from "../resources/mark.ts";
import { refusedCode } from "../resources/place.ts";
import { lines } from "../script/script.ts";
import { type OpenHost, observeHost } from "./host.ts";
import type { RunInput } from "./input.ts";
import { liveOutput } from "./live-output.ts";
import { refusedFile } from "./refused.ts";
import { remember } from "./remember.ts";

/** Which changes of a host a stage carries out. */
export type Selection = (change: Change) => boolean;

/**
 * Carries out a host's changes of one stage, one request each, then looks again: what is still different has failed,
 * whatever its exit code was. Also after a failure: what was done until then is written down.
 */
export async function convergeHost(
  input: RunInput,
  host: OpenHost,
  selection: Selection,
): Promise<Failure | undefined> {
  const before = host.plan.changes;
  const chosen = before.filter(selection);
  if (chosen.length === 0) return undefined;
  const failure = await convergeAll(input, host, chosen);
  if (failure !== undefined && lostCodes.has(failure.code)) return failure;
  const unseen = await observeHost(input, host);
  if (unseen !== undefined) return failure ?? unseen;
  await remember(input, host);
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
): Promise<Failure | undefined> {
  for (const group of neighbours(input, chosen)) {
    if (input.stop.requested) return interrupted(host.name);
    const decided = group.some(isUndecided) ? await decide(input, host, group) : group;
    if ("code" in decided) return decided;
    const failure = await convergeGroup(input, host, decided);
    if (failure !== undefined) return failure;
  }
  return undefined;
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
  const now = host.plan.changes.filter((change) => group.some(({ id }) => id === change.id));
  return now.some(isUndecided) ? (stillDifferent(host.name, now.filter(isUndecided)) ?? now) : now;
}

/** A unit of a later stage may have become due by what this stage did; that is no failure of this stage. */
function isNewlyDue(change: Change, before: readonly Change[]): boolean {
  return change.action === "reload" && !before.some((earlier) => earlier.id === change.id);
}

export function interrupted(host: string): Failure {
  return { code: "interrupted", message: `${host}: stopped by the user` };
}

/** The failure of a host on which these changes were carried out, or should have been, and did not come true. */
export function stillDifferent(host: string, [first, ...others]: readonly Change[]): Failure | undefined {
  if (first === undefined) return undefined;
  if (first.action === "undecided") {
    return {
      code: "undecided",
      message: `${host}: ${first.id} could not be observed: ${first.why ?? "no reason given"}`,
    };
  }
  const fields = first.fields.map(
    ({ field, before, after }) => `${field}: is ${shown(before)}, shall be ${shown(after)}`,
  );
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return {
    code: "still-different",
    message: `${host}: ${first.id} is still different, although nothing failed${more}`,
    detail: fields.join("\n"),
  };
}

const shown = (value: unknown): string => (value === undefined ? "absent" : JSON.stringify(value));

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
): Promise<Failure | undefined> {
  const [first] = group;
  if (first === undefined) return undefined;
  const kind = kindOf(input, first);
  const started = input.now();
  for (const change of group) input.emit({ type: "change-started", host: host.name, change });
  const output = liveOutput((line) => input.emit({ type: "output", host: host.name, id: first.id, line }));
  const script = lines([...marksFor(host, group), withOutput(settled(group, kind.converge(group)))]);
  const answer = await host.session.request(script, {
    deadline: kind.deadline * 1000,
    waitingFor: `${first.action} ${group.map((change) => change.id).join(", ")}`,
    onOutput: output.chunk,
  });
  output.end();
  const failure = answer.ok ? failureOf(host.name, group, answer.value.code, output.all()) : answer.error;
  for (const change of group) {
    if (failure === undefined) {
      host.done.push(change);
      if (change.orphan === true) host.pruned.add(change.id);
      input.emit({ type: "change-done", host: host.name, change, ms: input.now() - started });
    } else input.emit({ type: "change-failed", host: host.name, change, failure });
  }
  return failure;
}

/** What programs say on their error output belongs between the lines of their output. */
function withOutput(script: Script): Script {
  return { text: `{\n${script.text}\n} 2>&1`, input: script.input };
}

/** The reload that a change will owe is on the host before the change is: it cannot be lost. */
function marksFor(host: OpenHost, group: readonly Change[]): readonly Script[] {
  const ids = new Set<ResourceId>(
    group.filter((change) => change.action !== "reload").map((change) => change.id),
  );
  return host.desired.flatMap(({ resource }) => {
    const due = (watched: readonly ResourceId[] = []): boolean => watched.some((id) => ids.has(id));
    const trigger: Trigger | undefined = due(resource.restartOn)
      ? "restart"
      : due(resource.reloadOn)
        ? "reload"
        : undefined;
    return trigger === undefined ? [] : [leaveMark(idOf(resource), trigger)];
  });
}

/** A resource that watches others has paid what it owed once it was converged. */
function settled(group: readonly Change[], script: Script): Script {
  return group
    .filter(({ resource }) => resource.reloadOn !== undefined || resource.restartOn !== undefined)
    .reduce((inner, change) => settle(change.id, inner), script);
}

function failureOf(
  host: string,
  group: readonly Change[],
  code: number,
  output: string,
): Failure | undefined {
  if (code === 0) return undefined;
  const ids = group.map((change) => change.id).join(", ");
  const [first] = group;
  if (code === refusedCode && first?.resource.payload?.check !== undefined)
    return refusedFile(host, first, output);
  return {
    code: "command-failed",
    message: `${host}: ${ids} failed with exit code ${code}`,
    detail: lastLines(output, 30),
  };
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}
