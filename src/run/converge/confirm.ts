import { setTimeout as delay } from "node:timers/promises";
import { err, ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../model/failure.ts";
import type { Change } from "../../model/plan.ts";
import type { Confirmation } from "../../model/resource.ts";
import type { Answer, Session } from "../../transport/transport.ts";
import { logIn } from "../connect/login.ts";
import { interrupted } from "../failures.ts";
import type { RunInput } from "../input.ts";
import { type OpenHost, observeHost } from "../observe/host.ts";
import {
  armUndo,
  awaitUndo,
  confirmUndo,
  defaultUndoSeconds,
  endChange,
  tooLateCode,
  undoCodes,
} from "./undo.ts";

/** A change that can cut the branch it sits on, and what is known of its undo. */
interface Risk {
  readonly input: RunInput;
  readonly host: OpenHost;
  readonly change: Change;
  readonly confirm: Confirmation;
  readonly seconds: number;
}

/** Milliseconds of the host beside the waiting itself: systemd starts a timer, a busy host runs a small script. */
const grace = 30_000;

/**
 * Milliseconds a group of changes may take at the most. Where the host takes back what it did after some seconds, a longer
 * wait for its answer is in vain.
 */
export function deadlineOf(group: readonly Change[], seconds: number): number {
  const undo = group.flatMap(({ resource: { payload } }) =>
    payload?.confirm === undefined ? [] : [payload.confirm.seconds ?? defaultUndoSeconds],
  );
  return Math.min(seconds * 1000, ...undo.map((one) => one * 1000 + grace));
}

/**
 * Carries out changes. One that can cut the connection off is begun only after the host has scheduled its undo, and stands
 * only when a new login has come through and cancelled that: otherwise the host takes it back by itself.
 */
export async function withConfirmation(
  input: RunInput,
  host: OpenHost,
  group: readonly Change[],
  carryOut: () => Promise<Failure | undefined>,
): Promise<Failure | undefined> {
  const [change, another] = group.filter(({ resource }) => resource.payload?.confirm !== undefined);
  const confirm = change?.resource.payload?.confirm;
  if (change === undefined || confirm === undefined) return carryOut();
  if (another !== undefined) throw new Error(`${change.id} and ${another.id} cannot be confirmed as one`);
  const risk = { input, host, change, confirm, seconds: confirm.seconds ?? defaultUndoSeconds };
  const refused = await arm(risk);
  if (refused !== undefined) return refused;
  const armed = input.now();
  const failure = await carryOut();
  if (failure !== undefined) return takenBackAtOnce(risk, failure);
  const until = armed + risk.seconds * 1000;
  // Not waited for: where the change has cut off the connection it was made over, there is no answer.
  void tellEnded(risk, until);
  const login = await confirmAnew(risk, until);
  return login.ok ? undefined : notConfirmed(risk, login.error, armed);
}

async function arm({ host, change, confirm, seconds }: Risk): Promise<Failure | undefined> {
  const answer = await host.session.request(armUndo(change.id, confirm), {
    deadline: 60_000 + grace,
    waitingFor: `the undo of ${change.id} to be scheduled`,
  });
  if (!answer.ok) return answer.error;
  if (answer.value.code === 0) return undefined;
  return {
    code: "refused",
    message: `${host.name}: ${change.id} was not begun: the host could not schedule to take it back after ${seconds} s`,
    ...detailOf(said(answer.value)),
  };
}

/** Over the connection that made the change. */
function tellEnded({ input, host, change }: Risk, until: number): Promise<Result<Answer, Failure>> {
  return host.session.request(endChange(change.id), {
    deadline: Math.max(1000, until - input.now()),
    waitingFor: `the end of ${change.id} to be noted`,
  });
}

/** Tries until the host's time is over: right after the change its sshd may be just starting again. */
async function confirmAnew(risk: Risk, until: number): Promise<Result<void, Failure>> {
  const { input, host, change, seconds } = risk;
  const what = `a new login, to confirm ${change.id}: without one the host takes it back within ${seconds} s`;
  input.emit({ type: "waiting", host: host.name, what, until: Math.max(0, until - input.now()) });
  for (;;) {
    const tried = await tryAnew(risk, Math.max(1000, until - input.now()));
    if (tried.ok || input.stop.aborted || input.now() >= until) return tried;
    // A login that is refused is not asked for again and again: the host may bar who does that.
    if (!mayPass.has(tried.error.code)) return tried;
    await Promise.race([delay(300), input.stop.whenAborted]);
  }
}

const mayPass: ReadonlySet<Failure["code"]> = new Set(["unreachable", "connection-lost", "deadline"]);

/** One new connection, and over it the confirmation. */
async function tryAnew(risk: Risk, left: number): Promise<Result<void, Failure>> {
  const { input, host, change } = risk;
  const session = await logIn(input, host.name, Math.min(left, input.connectDeadline));
  if (!session.ok) return session;
  input.sessions.add(session.value);
  const answer = await confirmOver(session.value, risk, left);
  input.sessions.delete(session.value);
  await session.value.close();
  if (!answer.ok) return answer;
  if (answer.value.code === 0) return ok(undefined);
  const late = answer.value.code === tooLateCode;
  const message = late
    ? `${host.name}: a new login came through only after the host had begun to take ${change.id} back`
    : `${host.name}: the undo of ${change.id} could not be cancelled`;
  return err({ code: "not-confirmed", message, ...detailOf(said(answer.value)) });
}

function confirmOver(session: Session, { change }: Risk, left: number): Promise<Result<Answer, Failure>> {
  const waitingFor = `${change.id} to be confirmed`;
  return session.request(confirmUndo(change.id), { deadline: left, waitingFor });
}

/** What became of the host when no new login came through, as the connection from before tells it, if that still lives. */
async function notConfirmed(risk: Risk, login: Failure, armed: number): Promise<Failure | undefined> {
  const { input, host, change, seconds } = risk;
  if (input.stop.aborted) return { ...interrupted(host.name), ...byItself(risk) };
  const left = Math.max(0, armed + seconds * 1000 - input.now());
  input.emit({
    type: "waiting",
    host: host.name,
    what: `the host to take ${change.id} back`,
    until: left + grace,
  });
  const answer = await untilTakenBack(risk, left + 10_000);
  // The confirmation had arrived, and only its answer was lost.
  if (answer.ok && answer.value.code === undoCodes.confirmed) return undefined;
  const cause = `no new login: ${login.message}${login.detail === undefined ? "" : `\n${login.detail}`}`;
  if (!answer.ok) {
    return {
      code: "not-confirmed",
      message: `${host.name}: ${change.id} was not confirmed by a new login, and the connection from before is gone too`,
      detail: `${cause}\nthe connection from before: ${answer.error.message}`,
      ...byItself(risk),
    };
  }
  return takenBack(risk, answer.value, cause);
}

/**
 * Asks until there is an answer of its own: a host that is just ending a change which is still under way may take the first
 * question for a part of it. `left`: milliseconds until it is done over this connection.
 */
async function untilTakenBack({ host, change }: Risk, left: number): Promise<Result<Answer, Failure>> {
  for (let asked = 1; ; asked += 1) {
    const answer = await host.session.request(awaitUndo(change.id, left / 1000), {
      deadline: left + 60_000 + grace,
      waitingFor: `${change.id} to be taken back`,
    });
    const ended = answer.ok && answer.value.code > 128;
    if (!ended || asked === 5) return answer;
  }
}

async function takenBack(risk: Risk, answer: Answer, cause: string): Promise<Failure> {
  const { host, change, seconds } = risk;
  const lines = said(answer);
  const undone = answer.code === 0 && !(await stillStands(risk));
  if (undone) {
    return {
      code: "not-confirmed",
      message: `${host.name}: the host has taken ${change.id} back, because no new login came through within ${seconds} s`,
      detail: `${cause}\nthe undo ended with 0, as the connection from before has seen${lines === "" ? "" : `:\n${lines}`}`,
      hint: "the change would have locked this machine out: see that it lets this machine in, then run again",
    };
  }
  const end = answer.code === 0 ? "the undo ended with 0, but the change still stands" : "the undo failed";
  return {
    code: "not-confirmed",
    message: `${host.name}: ${change.id} was not confirmed by a new login, and the host could not take it back`,
    detail: `${cause}\n${end}${lines === "" ? "" : `:\n${lines}`}`,
    hint: "the host may be out of reach once this connection ends: look at its console",
  };
}

/** True where the host looks changed after its undo: only what was seen to differ before can tell. */
async function stillStands({ input, host, change }: Risk): Promise<boolean> {
  if (change.action === "reload" || change.action === "undecided") return false;
  const unseen = await observeHost(input, host);
  if (unseen !== undefined) return false;
  // Its mark stands until it is confirmed: it is due in any case.
  return !host.plan.changes.some(({ id, action }) => id === change.id && action !== "reload");
}

/** The change itself failed, maybe half-way: the host need not wait to take it back. */
async function takenBackAtOnce(risk: Risk, failure: Failure): Promise<Failure> {
  const answer = await untilTakenBack(risk, 0);
  if (!answer.ok) return { ...failure, ...byItself(risk) };
  const end =
    answer.value.code !== 0
      ? "its undo failed too"
      : (await stillStands(risk))
        ? "its undo has run, but the change still stands"
        : "the host has taken it back";
  const detail = [failure.detail, end, said(answer.value)].filter(
    (text) => text !== undefined && text !== "",
  );
  return { ...failure, detail: detail.join("\n") };
}

const byItself = ({ change, seconds }: Risk): Pick<Failure, "hint"> => ({
  hint: `the host takes ${change.id} back by itself within ${seconds} s of the change; then run again`,
});

const said = ({ stdout }: Answer): string => new TextDecoder().decode(stdout).trim();

const detailOf = (text: string): Pick<Failure, "detail"> => (text === "" ? {} : { detail: text });
