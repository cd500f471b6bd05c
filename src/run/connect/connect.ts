import { randomBytes } from "node:crypto";
import { onHost, type Turns } from "../../base/concurrency.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { Facts } from "../../model/facts.ts";
import type { Failure } from "../../model/failure.ts";
import type { Manifest } from "../../model/plan.ts";
import type { TopologyHost } from "../../model/topology.ts";
import { lines } from "../../script/script.ts";
import type { Session } from "../../transport/transport.ts";
import type { RunInput } from "../input.ts";
import { guessWishes, type Wishes } from "../observe/cached-desired.ts";
import { peerFactName } from "../observe/desired.ts";
import { type Observation, observeScript, parseObservation } from "../observe/observe.ts";
import { type FirstAnswer, factsScript, parseFacts } from "./facts.ts";
import { lockHost } from "./lock.ts";
import { logIn } from "./login.ts";

/** A host that has answered, and what it told of itself. */
export interface ReachedHost {
  readonly host: TopologyHost;
  readonly session: Session;
  readonly facts: Facts;
  readonly manifest: Manifest;
  /** What its roles would want if nothing had changed since the last run, and what was seen of that. */
  readonly guess: Wishes | undefined;
  readonly early: Observation | undefined;
  /** When the connection was begun, on the run's clock. */
  readonly started: number;
}

/** Milliseconds for facts, and for observing a whole host: far more than either takes (0.1 s), so that only a dead one fails. */
export const lookDeadline = 120_000;

/** Told apart from anything a host may print. */
export const newNonce = (): string => randomBytes(12).toString("hex");

/** Connects, takes the lock if anything may be changed, gathers facts. */
export async function reachHost(
  input: RunInput,
  host: TopologyHost,
  turns: Turns,
): Promise<Result<ReachedHost, Failure>> {
  const { name } = host.host;
  const started = input.now();
  input.emit({ type: "host-connecting", host: name, address: input.targets.get(name)?.host ?? name });
  const connecting = onHost(name, () => logIn(input, name), err);
  const work = async (): Promise<Result<ReachedHost, Failure>> => {
    // The roles are asked while the login is under way.
    const guess = await turns(() => guessWishes(input, host));
    const session = await connecting;
    return session.ok ? look(input, host, session.value, guess, started) : session;
  };
  const reached = await onHost(name, work, err);
  if (reached.ok) return reached;
  const session = await connecting;
  if (session.ok) await session.value.close();
  return reached;
}

/**
 * What a host that this run leaves alone tells to those it works on. Nothing is locked or changed there, and one that does
 * not answer is no failure: its peers decide without it.
 */
export async function askOutsider(input: RunInput, host: TopologyHost): Promise<Facts | undefined> {
  const { name } = host.host;
  const session = await onHost(name, () => logIn(input, name), err);
  if (!session.ok) return undefined;
  input.sessions.add(session.value);
  const facts = await onHost(
    name,
    () => askFacts(input, host, session.value),
    () => undefined,
  );
  input.sessions.delete(session.value);
  await session.value.close();
  return facts;
}

/** The facts of a host as they are now; `undefined`: it did not answer, or the login is not root. */
export async function askFacts(
  input: RunInput,
  host: TopologyHost,
  session: Session,
): Promise<Facts | undefined> {
  const first = await firstLook(input, host, session, undefined);
  return first.ok && first.value.root ? first.value.facts : undefined;
}

async function look(
  input: RunInput,
  host: TopologyHost,
  session: Session,
  guess: Wishes | undefined,
  started: number,
): Promise<Result<ReachedHost, Failure>> {
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
  return ok({ host, session, facts, manifest, guess, early, started });
}

/** The first answer of a host, and what an observation on guessed wishes showed. */
interface FirstLook extends FirstAnswer {
  readonly early: Observation | undefined;
}

async function firstLook(
  input: RunInput,
  host: TopologyHost,
  session: Session,
  guess: Wishes | undefined,
): Promise<Result<FirstLook, Failure>> {
  const resources = guess?.desired.map(({ resource }) => resource);
  const nonce = newNonce();
  const script = lines([
    factsScript(nonce, wantedFacts(input, host)),
    ...(resources === undefined ? [] : [observeScript(nonce, resources, input.kinds)]),
  ]);
  const answer = await session.request(script, { deadline: lookDeadline, waitingFor: "facts", verb: "look" });
  if (!answer.ok) return answer;
  const text = new TextDecoder().decode(answer.value.stdout);
  const first = parseFacts(nonce, text);
  const early = resources && parseObservation(nonce, text, resources, input.kinds);
  if (first !== undefined) return ok({ ...first, early });
  return err({
    code: "protocol",
    message: `${host.host.name} answered no facts`,
    detail: text.slice(0, 2000),
  });
}

/** By the name it will have among the host's facts. */
function wantedFacts(input: RunInput, { members }: TopologyHost): Readonly<Record<string, string>> {
  const wanted = members.map(({ role }) => {
    const { facts = {}, peerFacts = {} } = input.roles.get(role) ?? {};
    const told = Object.entries(peerFacts).map(([name, text]) => [peerFactName(role, name), text]);
    return { ...facts, ...Object.fromEntries(told) };
  });
  return Object.assign({}, ...wanted);
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
