import type { Failure } from "../model/failure.ts";
import { needsOf } from "../model/needs.ts";
import type { ResourceId } from "../model/resource.ts";
import type { Draining } from "../model/role.ts";
import type { Script } from "../model/script.ts";
import type { Endpoint } from "../model/topology.ts";
import { leaveMark, settle } from "../resources/mark.ts";
import { lines, raw } from "../script/script.ts";
import { sessionWith } from "./borrow.ts";
import { fail, type Run } from "./state.ts";

/** Seconds that requests under way on a member get to end. */
const drainSeconds = 30;
/** Seconds until a member that is well must be in use again. */
const restoreSeconds = 30;

/** One host that lets go of one endpoint. */
interface Letting {
  readonly user: string;
  readonly endpoint: Endpoint;
  readonly how: Draining;
}

/** Left on the user's host before it lets go, so that no later run forgets to take the endpoint back. */
const drainMark = ({ service, host }: Endpoint): ResourceId => `drain:${service}/${host}`;

/**
 * Makes every host that uses these endpoints let go of them. A service's only member cannot be let go of. A user that cannot
 * let go fails; the member is changed all the same, as users try another one where a request breaks.
 */
export async function drain(state: Run, endpoints: readonly Endpoint[]): Promise<void> {
  const { topology } = state.input;
  const spared = endpoints.filter(
    ({ service }) => (topology.services.get(service)?.endpoints.length ?? 0) > 1,
  );
  await onUsers(state, spared, async (letting) => {
    const { user, endpoint, how } = letting;
    const failure = await act(state, letting, {
      waitingFor: `requests under way on ${endpoint.host} (${endpoint.service}) to end`,
      seconds: drainSeconds,
      script: lines([leaveMark(drainMark(endpoint), "reload"), raw(how.drain(endpoint, drainSeconds))]),
    });
    state.open.get(user)?.marks.set(drainMark(endpoint), "reload");
    if (failure !== undefined) fail(state, user, failure);
  });
}

/** Puts the endpoints back into use everywhere; they must be well. Why one is not is the member's failure. */
export async function restore(state: Run, endpoints: readonly Endpoint[]): Promise<Failure | undefined> {
  const failures: Failure[] = [];
  await onUsers(state, endpoints, async (letting) => {
    const { user, endpoint, how } = letting;
    const failure = await act(state, letting, {
      waitingFor: `${endpoint.host} (${endpoint.service}) to be in use again`,
      seconds: restoreSeconds,
      script: settle(drainMark(endpoint), raw(how.restore(endpoint, restoreSeconds))),
    });
    if (failure === undefined) state.open.get(user)?.marks.delete(drainMark(endpoint));
    else if (failure.code === "command-failed") failures.push(failure);
    else fail(state, user, failure);
  });
  return failures[0];
}

/** Whether some user has let go of an endpoint, in this run or in one that did not live to take it back. */
export function isDrained(state: Run, endpoint: Endpoint): boolean {
  return [...state.open.values()].some(({ marks }) => marks.has(drainMark(endpoint)));
}

/** Endpoints that are let go of somewhere, and whose hosts have not failed. */
export function leftDrained(state: Run): readonly Endpoint[] {
  return [...state.input.topology.services.values()]
    .flatMap(({ endpoints }) => endpoints)
    .filter((endpoint) => isDrained(state, endpoint) && !state.failures.has(endpoint.host));
}

interface Act {
  readonly waitingFor: string;
  readonly seconds: number;
  readonly script: Script;
}

/** All hosts at once; one after another on the same host. */
async function onUsers(
  state: Run,
  endpoints: readonly Endpoint[],
  work: (letting: Letting) => Promise<void>,
): Promise<void> {
  await Promise.all(lettings(state, endpoints).map(work));
}

async function act(
  state: Run,
  { user, endpoint }: Letting,
  { waitingFor, seconds, script }: Act,
): Promise<Failure | undefined> {
  const session = await sessionWith(state, user);
  if (session === undefined) return undefined;
  const until = (seconds + 15) * 1000;
  state.input.emit({ type: "waiting", host: user, what: waitingFor, until });
  const answer = await session.request(script, { deadline: until, waitingFor });
  if (!answer.ok) return answer.error;
  if (answer.value.code === 0) return undefined;
  const { stdout, stderr } = answer.value;
  return {
    code: "command-failed",
    message: `${endpoint.host}: ${user} did not end well in waiting for ${waitingFor}`,
    detail: new TextDecoder().decode(new Uint8Array([...stdout, ...stderr])).trim(),
  };
}

/** Which hosts use an endpoint in a way they can let go of. */
function lettings({ input: { topology, roles } }: Run, endpoints: readonly Endpoint[]): readonly Letting[] {
  return topology.hosts.flatMap(({ host, members }) =>
    members.flatMap(({ role: name, vars }) => {
      const role = roles.get(name);
      if (role?.draining === undefined) return [];
      return Object.entries(needsOf(role, vars)).flatMap(([local, service]) => {
        const how = role.draining?.[local];
        if (how === undefined) return [];
        const used = endpoints.filter((endpoint) => endpoint.service === service);
        return used.map((endpoint) => ({ user: host.name, endpoint, how }));
      });
    }),
  );
}
