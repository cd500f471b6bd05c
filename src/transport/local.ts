import { userInfo } from "node:os";
import { ok } from "../base/result.ts";
import { bootWords, newToken } from "../script/frame.ts";
import { explainEarlyEnd } from "./login-failures.ts";
import { spawnWire } from "./process-wire.ts";
import { openSession } from "./session.ts";
import { becomeRoot } from "./sudo.ts";
import type { Transport } from "./transport.ts";

/** The machine that runs `provision`, with sudo if the user is not root. The first request reports failures of the start. */
export const localTransport: Transport = {
  connect(target, { deadline }) {
    const token = newToken();
    const { elevation, sudo } = becomeRoot(target, userInfo().uid === 0, token);
    const wire = spawnWire(bootWords(token, elevation), (end, early) =>
      explainEarlyEnd(target.name, elevation.type !== "none", end, early),
    );
    return Promise.resolve(
      ok(
        openSession(wire, {
          host: target.name,
          token,
          helloWithin: deadline,
          ...(sudo === undefined ? {} : { sudo }),
        }),
      ),
    );
  },
};
