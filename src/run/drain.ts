import type { Failure } from "../model/failure.ts";
import type { ResourceId } from "../model/resource.ts";
import type { Draining } from "../model/role.ts";
import type { Script } from "../model/script.ts";
import type { Endpoint } from "../model/topology.ts";
import { leaveMark, settle } from "../resources/mark.ts";
import { lines, raw } from "../script/script.ts";
import { eachOf } from "./concurrency.ts";
import type { OpenHost } from "./host.ts";
import type { RunInput } from "./input.ts";
import type { Run } from "./state.ts";

/** Seconds that requests under way on a member get to end. */
const drainSeconds = 30;
/** Seconds until a member that is well must be in use again. */
const restoreSeconds = 30;

/** One host that lets go of one endpoint. */
interface Letting {
  readonly user: OpenHost;
  readonly endpoint: Endpoint;
  readonly how: Draining;
}

/** Left on the user's host before it lets go, so that no later run forgets to take the endpoint back. */
const drainMark = ({ service, host }: Endpoint): ResourceId => `drain:${service}/${host}`;

/** Makes every host that uses these endpoints let go of them. A service's only member cannot be let go of. */
export async function drain(state: Run, endpoints: readonly Endpoint[]): Promise<Failure | undefined> {
  const { topology } = state.input;
  const spared = endpoints.filter(
    ({ service }) => (topology.services.get(service)?.endpoints.length ?? 0) > 1,
  );
  return onUsers(state, spared, ({ endpoint, how }) => ({
    waitingFor: `requests under way on ${endpoint.host} (${endpoint.service}) to end`,
    seconds: drainSeconds,
    script: lines([leaveMark(drainMark(endpoint), "reload"), raw(how.drain(endpoint, drainSeconds))]),
  }));
}

/** Puts the endpoints back into use everywhere; they must be well. */
export async function restore(state: Run, endpoints: readonly Endpoint[]): Promise<Failure | undefined> {
  const failure = await onUsers(state, endpoints, ({ endpoint, how }) => ({
    waitingFor: `${endpoint.host} (${endpoint.service}) to be in use again`,
    seconds: restoreSeconds,
    script: settle(drainMark(endpoint), raw(how.restore(endpoint, restoreSeconds))),
  }));
  if (failure === undefined)
    for (const { user, endpoint } of lettings(state, endpoints)) user.marks.delete(drainMark(endpoint));
  return failure;
}

/** Endpoints that a run which was cut off has left drained somewhere, and whose hosts are well now. */
export function leftDrained(state: Run): readonly Endpoint[] {
  const marked = new Set([...state.open.values()].flatMap(({ marks }) => [...marks.keys()]));
  return [...state.input.topology.services.values()]
    .flatMap(({ endpoints }) => endpoints)
    .filter((endpoint) => marked.has(drainMark(endpoint)))
    .filter(({ host }) => state.open.has(host) && !state.failures.has(host));
}

interface Act {
  readonly waitingFor: string;
  readonly seconds: number;
  readonly script: Script;
}

async function onUsers(
  state: Run,
  endpoints: readonly Endpoint[],
  actOf: (letting: Letting) => Act,
): Promise<Failure | undefined> {
  const { input } = state;
  const failures = await eachOf(lettings(state, endpoints), input.forks, async (letting) =>
    act(input, letting, actOf(letting)),
  );
  return failures.find((failure) => failure !== undefined);
}

async function act(
  input: RunInput,
  { user, endpoint }: Letting,
  { waitingFor, seconds, script }: Act,
): Promise<Failure | undefined> {
  const until = (seconds + 15) * 1000;
  input.emit({ type: "waiting", host: user.name, what: waitingFor, until });
  const answer = await user.session.request(script, { deadline: until, waitingFor });
  if (!answer.ok) return answer.error;
  if (answer.value.code === 0) return undefined;
  const { stdout, stderr } = answer.value;
  return {
    code: "command-failed",
    message: `${endpoint.host}: ${user.name} did not end well in waiting for ${waitingFor}`,
    detail: new TextDecoder().decode(new Uint8Array([...stdout, ...stderr])).trim(),
  };
}

/** Which hosts use an endpoint in a way they can let go of. Hosts that failed or were not reached are left alone. */
function lettings(state: Run, endpoints: readonly Endpoint[]): readonly Letting[] {
  const { topology, roles } = state.input;
  return topology.hosts.flatMap(({ host, members }) => {
    const user = state.open.get(host.name);
    if (user === undefined || state.failures.has(host.name)) return [];
    return members.flatMap(({ role: name }) => {
      const { needs = {}, draining = {} } = roles.get(name) ?? {};
      return Object.entries<string>(needs).flatMap(([local, service]) => {
        const how = draining[local];
        if (how === undefined) return [];
        const used = endpoints.filter((endpoint) => endpoint.service === service);
        return used.map((endpoint) => ({ user, endpoint, how }));
      });
    });
  });
}
