import { err, ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../model/failure.ts";
import { bootLine, newToken } from "../../script/frame.ts";
import { explainEarlyEnd } from "../login-failures.ts";
import { openSession } from "../session.ts";
import { becomeRoot } from "../sudo.ts";
import type { Session, Target } from "../transport.ts";
import type { Route } from "./jump-hosts.ts";
import type { LoginFailure } from "./login.ts";
import type { Router } from "./router.ts";
import { execWire } from "./wire.ts";

/** Logs in to a target over ssh2 and starts the protocol. `deadline`: milliseconds for both. */
export async function connectSsh(
  router: Router,
  target: Target,
  route: Route,
  deadline: number,
): Promise<Result<Session, LoginFailure>> {
  const until = Date.now() + deadline;
  const connected = await router.connect({ label: target.name, ...route, password: target.password, until });
  if (!connected.ok) return connected;
  const { client, destroy } = connected.value;
  const token = newToken();
  const { elevation, sudo } = becomeRoot(target, route.config.user === "root", token);
  const wire = await execWire(client, bootLine(token, elevation), destroy, (end, early) =>
    explainEarlyEnd(target.name, elevation.type !== "none", end, early),
  );
  if (!wire.ok) {
    client.end();
    return err({ failure: commandsRefused(target.name, wire.error) });
  }
  const helloWithin = Math.max(1, until - Date.now());
  return ok(
    openSession(wire.value, {
      host: target.name,
      token,
      helloWithin,
      ...(sudo === undefined ? {} : { sudo }),
    }),
  );
}

function commandsRefused(host: string, error: Error): Failure {
  return {
    code: "connection-lost",
    message: `${host}: the server does not let this account run commands`,
    detail: error.message,
  };
}
