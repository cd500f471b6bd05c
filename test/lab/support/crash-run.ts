// A controller that dies: converges a small role, and kills itself with SIGKILL at the given point of the protocol.
// argv: TARGET (JSON), CONTENT of the config, KILL: `none`, `sent N` (request N is on its way), `answered N`.
import { setTimeout as sleep } from "node:timers/promises";
import type { Session, Target, Transport } from "../../../src/transport/transport.ts";
import { crashRole } from "./crash-role.ts";
import { runEngine } from "./engine.ts";

const [, , targetJson = "", text = "", kill = "none"] = process.argv;
const target: Target = JSON.parse(targetJson);
const [when, number] = kill.split(" ");
let sent = 0;

function deadly(session: Session): Session {
  return {
    get stats() {
      return session.stats;
    },
    close: () => session.close(),
    request: async (script, options) => {
      sent += 1;
      const mine = sent;
      const answer = session.request(script, options);
      if (when === "sent" && mine === Number(number)) {
        // Long enough for the bytes to leave, too short for most answers: the host is in the middle of it.
        await sleep(4);
        process.kill(process.pid, "SIGKILL");
      }
      const result = await answer;
      if (when === "answered" && mine === Number(number)) process.kill(process.pid, "SIGKILL");
      return result;
    },
  };
}

const wrap = (transport: Transport): Transport => ({
  connect: async (to, options) => {
    const session = await transport.connect(to, options);
    return session.ok ? { ok: true, value: deadly(session.value) } : session;
  },
});

const { summary } = await runEngine({
  command: "apply",
  targets: [target],
  resources: () => crashRole(text),
  wrap,
});
const [host] = summary.hosts;
process.stdout.write(
  JSON.stringify({ done: host?.done, left: host?.left.length, failure: host?.failure, requests: sent }),
);
