import { randomBytes } from "node:crypto";
import { onHost, type Turns } from "../../base/concurrency.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { Facts } from "../../model/facts.ts";
import type { Failure } from "../../model/failure.ts";
import type { Manifest } from "../../model/plan.ts";
import type { TopologyHost } from "../../model/topology.ts";
import { lines } from "../../script/script.ts";
import type { Session } from "../../transport/transport.ts";
import type { RunInput, Wanted } from "../input.ts";
import { type DesiredFrom, desiredFromCachedFacts } from "../observe/cached-desired.ts";
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
  /** What its roles want if its facts are those of the last run, and what was seen of that. */
  readonly guess: DesiredFrom | undefined;
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
  const { reach, caller } = input;
  const { name } = host.host;
  const started = caller.now();
  caller.emit({ type: "host-connecting", host: name, address: reach.targets.get(name)?.host ?? name });
  const connecting = onHost(name, () => logIn(reach, caller.stop, name), err);
  const work = async (): Promise<Result<ReachedHost, Failure>> => {
    // The roles are asked while the login is under way.
    const guess = await turns(() => desiredFromCachedFacts(input, host));
    const session = await connecting;
    return session.ok ? look(input, { host, session: session.value, guess, started }) : session;
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
export async function askOutsider(
  { wanted, reach, caller }: RunInput,
  host: TopologyHost,
): Promise<Facts | undefined> {
  const { name } = host.host;
  const session = await onHost(name, () => logIn(reach, caller.stop, name), err);
  if (!session.ok) return undefined;
  reach.sessions.add(session.value);
  const facts = await onHost(
    name,
    () => askFacts(wanted, host, session.value),
    () => undefined,
  );
  reach.sessions.delete(session.value);
  await session.value.close();
  return facts;
}

/** The facts of a host as they are now; `undefined`: it did not answer, or the login is not root. */
export async function askFacts(
  wanted: Pick<Wanted, "roles" | "kinds">,
  host: TopologyHost,
  session: Session,
): Promise<Facts | undefined> {
  const first = await firstLook(wanted, { host, session, guess: undefined });
  return first.ok && first.value.root ? first.value.facts : undefined;
}

/** A host that has let the run in, before it has answered anything. */
type LoggedIn = Pick<ReachedHost, "host" | "session" | "guess">;

async function look(
  { wanted, reach, policy, caller }: RunInput,
  login: LoggedIn & Pick<ReachedHost, "started">,
): Promise<Result<ReachedHost, Failure>> {
  const { session, started } = login;
  const { name } = login.host.host;
  reach.sessions.add(session);
  // Sent at once, without waiting for the lock: reading does no harm, and round trips are saved.
  const [locked, first] = await Promise.all([
    policy.command === "apply" ? lockHost(session, name, reach.holder) : ok(undefined),
    firstLook(wanted, login),
  ]);
  // A login that may do nothing cannot take the lock either: the first is the reason.
  const unfit = first.ok ? fitness(name, first.value.facts, first.value.root) : undefined;
  if (unfit !== undefined) return err(unfit);
  if (!locked.ok) return locked;
  if (!first.ok) return first;
  const { facts, manifest, early } = first.value;
  const ms = caller.now() - started;
  caller.emit({ type: "host-ready", host: name, os: `${facts.os.id} ${facts.os.version}`, ms });
  reach.factsCache.put(name, facts);
  return ok({ ...login, facts, manifest, early });
}

/** The first answer of a host, and what was seen of what its roles want by cached facts. */
interface FirstLook extends FirstAnswer {
  readonly early: Observation | undefined;
}

async function firstLook(
  { roles, kinds }: Pick<Wanted, "roles" | "kinds">,
  { host, session, guess }: LoggedIn,
): Promise<Result<FirstLook, Failure>> {
  const resources = guess?.desired.map(({ resource }) => resource);
  const nonce = newNonce();
  const script = lines([
    factsScript(nonce, wantedFacts(roles, host)),
    ...(resources === undefined ? [] : [observeScript(nonce, resources, kinds)]),
  ]);
  const answer = await session.request(script, { deadline: lookDeadline, waitingFor: "facts", verb: "look" });
  if (!answer.ok) return answer;
  const text = new TextDecoder().decode(answer.value.stdout);
  const first = parseFacts(nonce, text);
  const early = resources && parseObservation(nonce, text, resources, kinds);
  if (first !== undefined) return ok({ ...first, early });
  return err({
    code: "protocol",
    message: `${host.host.name}: the host sent no facts`,
    detail: text.slice(0, 2000),
  });
}

/** By the name it will have among the host's facts. */
function wantedFacts(roles: Wanted["roles"], { members }: TopologyHost): Readonly<Record<string, string>> {
  const wanted = members.map(({ role }) => {
    const { facts = {}, peerFacts = {} } = roles.get(role) ?? {};
    const told = Object.entries(peerFacts).map(([name, text]) => [peerFactName(role, name), text]);
    return { ...facts, ...Object.fromEntries(told) };
  });
  return Object.assign({}, ...wanted);
}

function fitness(name: string, facts: Facts, root: boolean): Failure | undefined {
  if (!root) {
    return {
      code: "not-root",
      message: `${name}: the login is not root, so nothing can be changed`,
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
