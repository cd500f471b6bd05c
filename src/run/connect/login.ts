import { err, type Result } from "../../base/result.ts";
import type { Failure } from "../../model/failure.ts";
import type { Session, Target } from "../../transport/transport.ts";
import { interrupted } from "../failures.ts";
import type { RunInput } from "../input.ts";

/** How a host of the topology is reached. */
export function targetOf({ targets }: Pick<RunInput, "targets">, host: string): Target {
  const target = targets.get(host);
  if (target === undefined) throw new Error(`no target for ${host}`);
  return target;
}

/** Of a host outside `--limit` whose variables of the login are wrong: a warning has told which. */
const unusable = (host: string): Failure => ({
  code: "unreachable",
  message: `${host}: cannot be logged in to, because its variables in the inventory are wrong`,
});

/**
 * Logs in to a host. A login that is still under way when the run is aborted is given up, and hung up on should it come
 * about. `deadline`: milliseconds; as the user has it if left out.
 */
export async function logIn(
  input: Pick<RunInput, "stop" | "targets" | "transport" | "connectDeadline">,
  host: string,
  deadline = input.connectDeadline,
): Promise<Result<Session, Failure>> {
  const { stop, transport, targets } = input;
  const target = targets.get(host);
  if (target === undefined) return err(unusable(host));
  const connecting = transport.connect(target, { deadline });
  const aborted = stop.whenAborted.then(() => err(interrupted(host)));
  const session = await Promise.race([connecting, aborted]);
  if (!stop.aborted) return session;
  void connecting.then((late) => (late.ok ? late.value.close() : undefined));
  return err(interrupted(host));
}
