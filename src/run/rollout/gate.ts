import { onHost } from "../../base/concurrency.ts";
import type { Failure } from "../../model/failure.ts";
import type { ResourceId } from "../../model/resource.ts";
import type { Script } from "../../model/script.ts";
import type { Endpoint } from "../../model/topology.ts";
import { describeHealth, healthCommand } from "../../resources/health.ts";
import { leaveMark, settle } from "../../resources/mark.ts";
import { raw, sh } from "../../script/script.ts";
import type { Session } from "../../transport/transport.ts";
import type { Caller } from "../input.ts";
import type { OpenHost } from "../observe/host.ts";

/** The mark of a gate that has not been passed: left before a service is touched, so that no later run forgets it. */
const gateMark = ({ service }: Endpoint): ResourceId => `gate:${service}`;

/** Whether an earlier run has changed one of these services, and not seen it healthy since. */
export function owesGate({ marks }: Pick<OpenHost, "marks">, endpoints: readonly Endpoint[]): boolean {
  return endpoints.some((endpoint) => marks.has(gateMark(endpoint)));
}

export function leaveGates(endpoints: readonly Endpoint[]): readonly Script[] {
  return endpoints.map((endpoint) => leaveMark(gateMark(endpoint), "reload"));
}

/** One look at an endpoint, without waiting. No answer counts as unhealthy. */
export async function unhealthy(session: Session, endpoint: Endpoint): Promise<boolean> {
  return !(await isHealthyWithin(session, endpoint, 0));
}

/** Whether an endpoint is healthy, or becomes healthy within some seconds. No answer counts as unhealthy. */
export function isHealthyWithin(session: Session, endpoint: Endpoint, seconds: number): Promise<boolean> {
  const options = { deadline: (seconds + 15) * 1000, waitingFor: `${endpoint.service} on ${endpoint.host}` };
  const look = async (): Promise<boolean> => {
    const answer = await session.request(gateScript(endpoint, seconds), options);
    return answer.ok && answer.value.code === 0;
  };
  return onHost(endpoint.host, look, () => false);
}

/** Seconds an endpoint may take to get healthy, unless its role says otherwise. */
export const defaultSeconds = 60;

/** Waits until every given endpoint of a host is healthy. The wait itself is done on the host, in one request each. */
export async function passGates(
  caller: Pick<Caller, "now" | "emit">,
  host: OpenHost,
  endpoints: readonly Endpoint[],
): Promise<Failure | undefined> {
  for (const endpoint of endpoints) {
    const failure = await onHost(
      host.name,
      () => passGate(caller, host, endpoint),
      (unexpected) => unexpected,
    );
    if (failure !== undefined) {
      caller.emit({ type: "gate-failed", host: host.name, service: endpoint.service, failure });
      return failure;
    }
  }
  return undefined;
}

async function passGate(
  caller: Pick<Caller, "now" | "emit">,
  host: OpenHost,
  endpoint: Endpoint,
): Promise<Failure | undefined> {
  const started = caller.now();
  const seconds = endpoint.startSeconds ?? defaultSeconds;
  const what = `${endpoint.service} to be healthy (${describeHealth(endpoint)})`;
  caller.emit({ type: "waiting", host: host.name, what, until: seconds * 1000 });
  const answer = await host.session.request(gateScript(endpoint, seconds), {
    deadline: (seconds + 15) * 1000,
    waitingFor: what,
  });
  if (!answer.ok) return answer.error;
  if (answer.value.code === 0) {
    await host.session.request(settle(gateMark(endpoint), raw(":")), { deadline: 10_000, waitingFor: what });
    host.marks.delete(gateMark(endpoint));
    caller.emit({
      type: "gate-passed",
      host: host.name,
      service: endpoint.service,
      ms: caller.now() - started,
    });
    return undefined;
  }
  return {
    code: "gate-failed",
    message: `${host.name}: ${endpoint.service} is not healthy after ${seconds} s (${describeHealth(endpoint)})`,
    detail: new TextDecoder().decode(answer.value.stdout).trim(),
  };
}

/** Probes until healthy or out of time; prints the last answer. */
function gateScript(endpoint: Endpoint, seconds: number): Script {
  return sh`end=$(($(date +%s) + ${seconds}))
while :; do
if said=$( { ${raw(healthCommand(endpoint))}; } 2>&1 </dev/null ); then exit 0; fi
if [ "$(date +%s)" -ge "$end" ]; then printf '%s\n' "$said"; exit 1; fi
sleep 0.2
done`;
}
