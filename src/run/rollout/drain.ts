import { onHost } from "../../base/concurrency.ts";
import { needsOf } from "../../base/needs.ts";
import type { Failure } from "../../model/failure.ts";
import type { ResourceId } from "../../model/resource.ts";
import type { Draining } from "../../model/role.ts";
import type { Script } from "../../model/script.ts";
import type { Endpoint, Topology } from "../../model/topology.ts";
import { leaveMark, settle } from "../../resources/mark.ts";
import { lines, raw } from "../../script/script.ts";
import { peerSession } from "../connect/peer-session.ts";
import { fail } from "../failed-host.ts";
import type { RoleTopology } from "../observe/desired.ts";
import type { OpenHost } from "../observe/host.ts";
import type { Run } from "../state.ts";

/** Seconds that requests under way on a member get to end. */
export const drainSeconds = 30;
/** Seconds until a member that is healthy must be in use again. */
export const restoreSeconds = 30;

/** One host that drains one endpoint. */
interface Drain {
  readonly user: string;
  readonly endpoint: Endpoint;
  readonly how: Draining;
}

/** Left on the user's host before it drains an endpoint, so that no later run forgets to put the endpoint back into use. */
const drainMark = ({ service, host }: Endpoint): ResourceId => `drain:${service}/${host}`;

/**
 * Makes every host that uses these endpoints drain them, while their own hosts end the sessions that nobody works in. A
 * service's only member cannot be drained. A user that cannot drain fails; the member is changed all the same, as users try
 * another one where a request breaks.
 */
export async function drain(run: Run, endpoints: readonly Endpoint[]): Promise<void> {
  const spared = endpoints.filter((endpoint) => hasOthers(run.input.wanted.topology, endpoint));
  const draining = drainsOf(run.input.wanted, spared).map(async (one) => {
    const { user, endpoint, how } = one;
    const failure = await act(run, user, {
      endpoint,
      waitingFor: `requests under way on ${endpoint.host} (${endpoint.service}) to end`,
      aim: `drain ${endpoint.host} (${endpoint.service})`,
      seconds: drainSeconds,
      script: () => lines([leaveMark(drainMark(endpoint), "reload"), raw(how.drain(endpoint, drainSeconds))]),
    });
    run.open.get(user)?.marks.set(drainMark(endpoint), "reload");
    if (failure !== undefined) fail(run, user, failure);
  });
  const ending = spared.map((endpoint) => endIdleSessions(run, endpoint));
  await Promise.all([...draining, ...ending]);
}

const hasOthers = (topology: Topology, { service }: Endpoint): boolean =>
  (topology.services.get(service)?.endpoints.length ?? 0) > 1;

/** Users may keep sessions open for hours: those in which nothing is under way need not be waited for. */
async function endIdleSessions(run: Run, endpoint: Endpoint): Promise<void> {
  const end = run.input.wanted.roles.get(endpoint.role)?.endSessions?.[endpoint.service];
  if (end === undefined) return;
  const failure = await act(run, endpoint.host, {
    endpoint,
    waitingFor: `idle sessions of ${endpoint.service} to end`,
    aim: `end the idle sessions of ${endpoint.service}`,
    seconds: drainSeconds,
    script: () => raw(end(drainSeconds)),
  });
  // What it cannot end is waited for by the users; why it could not is of no use to anybody. A fault of ours is told.
  if (failure !== undefined && faults.has(failure.code)) fail(run, endpoint.host, failure);
}

/** What is wrong here, and not with the host. */
const faults: ReadonlySet<Failure["code"]> = new Set(["bug", "role-fault", "role-failed"]);

/** Puts the endpoints back into use everywhere; they must be healthy. Why one is not is the member's failure. */
export async function restore(run: Run, endpoints: readonly Endpoint[]): Promise<Failure | undefined> {
  const failures: Failure[] = [];
  const restoring = drainsOf(run.input.wanted, endpoints).map(async ({ user, endpoint, how }) => {
    const failure = await act(run, user, {
      endpoint,
      waitingFor: `${endpoint.host} (${endpoint.service}) to be in use again`,
      aim: `take ${endpoint.host} (${endpoint.service}) back into use`,
      seconds: restoreSeconds,
      script: () => settle(drainMark(endpoint), raw(how.restore(endpoint, restoreSeconds))),
    });
    if (failure === undefined) run.open.get(user)?.marks.delete(drainMark(endpoint));
    else if (failure.code === "command-failed") failures.push(failure);
    else fail(run, user, failure);
  });
  await Promise.all(restoring);
  return failures[0];
}

/** Whether some user has drained an endpoint, in this run or in one that did not live to put it back into use. */
export function isDrained(open: ReadonlyMap<string, OpenHost>, endpoint: Endpoint): boolean {
  return [...open.values()].some(({ marks }) => marks.has(drainMark(endpoint)));
}

/** Endpoints that are drained somewhere, and whose hosts have not failed. */
export function leftDrained({
  input,
  open,
  failures,
}: Pick<Run, "input" | "open" | "failures">): readonly Endpoint[] {
  return [...input.wanted.topology.services.values()]
    .flatMap(({ endpoints }) => endpoints)
    .filter((endpoint) => isDrained(open, endpoint) && !failures.has(endpoint.host));
}

/** Hosts that drain one of these endpoints before it is disturbed. */
export function drainingUsers(roleTopology: RoleTopology, endpoints: readonly Endpoint[]): readonly string[] {
  return [...new Set(drainsOf(roleTopology, endpoints).map(({ user }) => user))];
}

interface Act {
  readonly endpoint: Endpoint;
  readonly waitingFor: string;
  /** What the host could not do, where it fails. */
  readonly aim: string;
  readonly seconds: number;
  /** Made when it is sent: what the role throws meanwhile is a failure of the host. */
  readonly script: () => Script;
}

/** A script on one host; one that cannot be reached has nothing to do. */
function act(run: Run, host: string, what: Act): Promise<Failure | undefined> {
  return onHost(
    host,
    () => send(run, host, what),
    (failure) => failure,
  );
}

async function send(
  run: Run,
  host: string,
  { endpoint, waitingFor, aim, seconds, script }: Act,
): Promise<Failure | undefined> {
  const session = await peerSession(run, host);
  if (!session.ok) return undefined;
  const made = script();
  const until = (seconds + 15) * 1000;
  run.input.caller.emit({ type: "waiting", host, what: waitingFor, until });
  const answer = await session.value.request(made, { deadline: until, waitingFor });
  if (!answer.ok) return answer.error;
  if (answer.value.code === 0) return undefined;
  const { stdout, stderr } = answer.value;
  return {
    code: "command-failed",
    message: `${endpoint.host}: ${host} could not ${aim} within ${seconds} s`,
    detail: new TextDecoder().decode(new Uint8Array([...stdout, ...stderr])).trim(),
  };
}

/** Which hosts use an endpoint in a way that they can drain. */
function drainsOf({ topology, roles }: RoleTopology, endpoints: readonly Endpoint[]): readonly Drain[] {
  return topology.hosts.flatMap(({ host: { name: user }, members }) =>
    members.flatMap(({ role: name, vars }) => {
      const role = roles.get(name);
      if (role === undefined) return [];
      const used = { ...role.wants, ...needsOf(role, vars) };
      const needed = Object.entries(used).map(
        ([local, service]) => [service, role.draining?.[local]] as const,
      );
      const carried = carriedTo(user, name, topology).map(
        (service) => [service, role.carries?.draining] as const,
      );
      return [...needed, ...carried].flatMap(([service, how]) => {
        if (how === undefined) return [];
        const drained = endpoints.filter((endpoint) => endpoint.service === service);
        return drained.map((endpoint) => ({ user, endpoint, how }));
      });
    }),
  );
}

/** The services that a role is the proxy to, on one host. */
function carriedTo(host: string, role: string, topology: Topology): readonly string[] {
  const own = [...topology.services.values()]
    .flatMap(({ endpoints }) => endpoints)
    .filter((endpoint) => endpoint.host === host && endpoint.role === role);
  return [...new Set(own.flatMap(({ leadsTo = [] }) => leadsTo))];
}
