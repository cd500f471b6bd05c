import { err, ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../model/failure.ts";
import { restorePolicy } from "../../resources/package.ts";
import { sh } from "../../script/script.ts";
import type { Session } from "../../transport/transport.ts";

const lockPath = "/run/provision.lock";
/** Exit code of our own for "another run holds it"; flock's is 1, as is that of many failures. */
const heldCode = 75;
const unopenedCode = 76;

/**
 * One run at a time on a host. The lock is a descriptor of the run's own remote shell: it ends with the connection
 * and cannot stick. `holder` says who we are, for the run that comes second.
 */
export async function lockHost(
  session: Session,
  host: string,
  holder: string,
): Promise<Result<void, Failure>> {
  // `command exec`: without `command`, a redirection that fails would end the kept shell. The run before this one may
  // still be closing its connection: two seconds are waited for it. Then what a run that was cut off has left is mended.
  const script = sh`if command exec 9>>${lockPath}; then
  if flock -w 2 9; then printf '%s\n' ${holder} >${lockPath}; ${restorePolicy()}
  else cat ${lockPath}; (exit ${heldCode}); fi
else (exit ${unopenedCode}); fi 2>&1`;
  const answer = await session.request(script, {
    deadline: 10_000,
    waitingFor: "the run lock",
    verb: "keep",
  });
  if (!answer.ok) return answer;
  const said = new TextDecoder().decode(answer.value.stdout).trim();
  if (answer.value.code === heldCode) {
    return err({
      code: "locked",
      message: `${host} is held by another run: ${said}`,
      hint: "wait until it has ended; the lock ends with that run's connection, there is nothing to remove",
    });
  }
  if (answer.value.code !== 0)
    return err({ code: "command-failed", message: `${host}: no lock`, detail: said });
  return ok(undefined);
}
