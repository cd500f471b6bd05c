import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { Facts } from "../model/facts.ts";
import type { Failure } from "../model/failure.ts";
import type { Change, HostPlan, Manifest } from "../model/plan.ts";
import type { ResourceId, Trigger } from "../model/resource.ts";
import { err, ok, type Result } from "../model/result.ts";
import type { Script } from "../model/script.ts";
import type { TopologyHost } from "../model/topology.ts";
import { type Desired, planHost } from "../plan/plan.ts";
import { lines } from "../script/script.ts";
import type { Session } from "../transport/transport.ts";
import { desiredOf } from "./desired.ts";
import { type FirstAnswer, factsScript, parseFacts } from "./facts.ts";
import { interrupted } from "./failures.ts";
import type { RunInput, Stop } from "./input.ts";
import { lockHost } from "./lock.ts";
import { type Observation, observeScript, parseObservation } from "./observe.ts";
import { sameFacts } from "./recall.ts";

/** A host with an open session, and what is known of it by now. */
export interface OpenHost {
  readonly name: string;
  readonly session: Session;
  readonly facts: Facts;
  /** What this run's roles want. */
  readonly desired: readonly Desired[];
  /** What all roles of the host want, those that this run leaves alone (`--roles`) too. */
  readonly everything: readonly Desired[];
  /** Reloads, restarts and gates that are due there, as of the last observation. */
  marks: Map<ResourceId, Trigger>;
  /** What was last applied; replaced as the run goes on. */
  manifest: Manifest;
  /** What is left to do, as of the last observation. */
  plan: HostPlan;
  readonly done: Change[];
  readonly pruned: Set<ResourceId>;
}

/** Milliseconds for facts, and for observing a whole host: far more than either takes (0.1 s), so that only a dead one fails. */
const lookDeadline = 120_000;

/** Told apart from anything a host may print. */
export const newNonce = (): string => randomBytes(12).toString("hex");

/** Connects, takes the lock if anything may be changed, gathers facts, asks the roles, observes, plans. */
export async function openHost(input: RunInput, host: TopologyHost): Promise<Result<OpenHost, Failure>> {
  const { name } = host.host;
  const target = input.targets.get(name);
  if (target === undefined) throw new Error(`no target for ${name}`);
  const started = input.now();
  input.emit({ type: "host-connecting", host: name, address: target.host });
  const connecting = input.transport.connect(target, { deadline: input.connectDeadline });
  // The roles are asked while the login is under way, once every host's login has begun.
  await setImmediate();
  const guess = guessWishes(input, host);
  const session = await unlessAborted(connecting, input.stop, name);
  if (!session.ok) return session;
  const opened = await look(input, host, session.value, guess, started);
  if (!opened.ok) await session.value.close();
  return opened;
}

/** A login that is still under way when the run is aborted is given up, and hung up on should it come about. */
async function unlessAborted(
  connecting: Promise<Result<Session, Failure>>,
  stop: Stop,
  host: string,
): Promise<Result<Session, Failure>> {
  const aborted = stop.whenAborted.then(() => err(interrupted(host)));
  const session = await Promise.race([connecting, aborted]);
  if (!stop.aborted) return session;
  void connecting.then((late) => (late.ok ? late.value.close() : undefined));
  return err(interrupted(host));
}

/** What the roles want of a host that has these facts. */
interface Wishes {
  readonly facts: Facts;
  readonly desired: readonly Desired[];
  readonly everything: readonly Desired[];
}

function guessWishes(input: RunInput, host: TopologyHost): Wishes | undefined {
  const facts = input.recall.facts(host.host.name);
  const wishes = facts === undefined ? undefined : wishesOf(input, host, facts);
  return wishes?.ok ? wishes.value : undefined;
}

function wishesOf(input: RunInput, host: TopologyHost, facts: Facts): Result<Wishes, Failure> {
  const everything = desiredOf(host, facts, input);
  if (!everything.ok) return everything;
  const { onlyRoles } = input;
  const desired = everything.value.filter(
    ({ role, also }) => onlyRoles === "all" || [role, ...also].some((one) => onlyRoles.has(one)),
  );
  return ok({ facts, desired, everything: everything.value });
}

async function look(
  input: RunInput,
  host: TopologyHost,
  session: Session,
  guess: Wishes | undefined,
  started: number,
): Promise<Result<OpenHost, Failure>> {
  const { name } = host.host;
  input.sessions.add(session);
  // Sent at once, without waiting for the lock: reading does no harm, and round trips are saved.
  const [locked, first] = await Promise.all([
    input.command === "apply" ? lockHost(session, name, input.holder) : ok(undefined),
    firstLook(input, host, session, guess),
  ]);
  // A login that may do nothing cannot take the lock either: the first is the reason.
  const unfit = first.ok ? fitness(name, first.value.facts, first.value.root) : undefined;
  if (unfit !== undefined) return err(unfit);
  if (!locked.ok) return locked;
  if (!first.ok) return first;
  const { facts, manifest, early } = first.value;
  const ms = input.now() - started;
  input.emit({ type: "host-ready", host: name, os: `${facts.os.id} ${facts.os.version}`, ms });
  input.recall.remember(name, facts);
  const confirmed = guess !== undefined && sameFacts(guess.facts, facts);
  const wishes = confirmed ? ok(guess) : wishesOf(input, host, facts);
  if (!wishes.ok) return wishes;
  const { desired, everything } = wishes.value;
  const seen = confirmed && early !== undefined ? early : await observe(input, session, desired);
  if (!seen.ok) return seen;
  const plan = { host: name, changes: [], orphans: [], unchanged: 0 };
  const known = { name, session, facts, desired, everything, manifest, plan };
  const open: OpenHost = { ...known, marks: new Map(), done: [], pruned: new Set() };
  planAgain(input, open, seen.value);
  input.emit({ type: "host-observed", host: name, plan: open.plan, ms: input.now() - started });
  return ok(open);
}

/** The first answer of a host, and what an observation on guessed wishes showed. */
interface FirstLook extends FirstAnswer {
  readonly early: Result<Observation, Failure> | undefined;
}

async function firstLook(
  input: RunInput,
  host: TopologyHost,
  session: Session,
  guess: Wishes | undefined,
): Promise<Result<FirstLook, Failure>> {
  const wanted = host.members.map((member) => input.roles.get(member.role)?.facts ?? {});
  const resources = guess?.desired.map(({ resource }) => resource);
  const nonce = newNonce();
  const answer = await ask(
    session,
    lines([
      factsScript(nonce, Object.assign({}, ...wanted)),
      ...(resources === undefined ? [] : [observeScript(nonce, resources, input.kinds)]),
    ]),
    "facts",
  );
  if (!answer.ok) return answer;
  const first = parseFacts(nonce, answer.value);
  const early = resources && ok(parseObservation(nonce, answer.value, resources, input.kinds));
  if (first !== undefined) return ok({ ...first, early });
  return err({
    code: "protocol",
    message: `${host.host.name} answered no facts`,
    detail: answer.value.slice(0, 2000),
  });
}

function fitness(name: string, facts: Facts, root: boolean): Failure | undefined {
  if (!root) {
    return {
      code: "not-root",
      message: `${name}: the login is not root, and nothing could be changed`,
      hint: "set `ansible_become: true` to go through sudo, or `ansible_user: root`",
    };
  }
  if (!facts.systemd) {
    return {
      code: "unsupported-host",
      message: `${name}: systemd does not run there (found ${facts.os.id || "an unknown system"})`,
    };
  }
  return undefined;
}

/** Looks at the whole host, in one request, and plans again from what it sees. */
export async function observeHost(input: RunInput, host: OpenHost): Promise<Failure | undefined> {
  const seen = await observe(input, host.session, host.desired);
  if (!seen.ok) return seen.error;
  planAgain(input, host, seen.value);
  return undefined;
}

async function observe(
  input: RunInput,
  session: Session,
  desired: readonly Desired[],
): Promise<Result<Observation, Failure>> {
  const nonce = newNonce();
  const resources = desired.map(({ resource }) => resource);
  const answer = await ask(
    session,
    observeScript(nonce, resources, input.kinds),
    "the observation of the host",
  );
  return answer.ok ? ok(parseObservation(nonce, answer.value, resources, input.kinds)) : answer;
}

function planAgain(input: RunInput, host: OpenHost, { observed, marks }: Observation): void {
  const { name, desired, everything, manifest, pruned } = host;
  host.marks = new Map(marks);
  host.plan = planHost({
    host: name,
    desired,
    observed,
    marks,
    everything,
    manifest: { ...manifest, resources: manifest.resources.filter(({ id }) => !pruned.has(id)) },
    roles: input.onlyRoles,
    prune: input.prune,
  });
}

async function ask(session: Session, script: Script, waitingFor: string): Promise<Result<string, Failure>> {
  const answer = await session.request(script, { deadline: lookDeadline, waitingFor });
  return answer.ok ? ok(new TextDecoder().decode(answer.value.stdout)) : answer;
}
