import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { err, ok, type Result } from "../../base/result.ts";
import type { LabFailure } from "../driver.ts";
import { startDetached } from "../programs.ts";
import type { ContainerLab } from "./state.ts";

/*
 * Hosts with only IPv6 addresses download packages through a relay on the bridge. This machine may have no IPv6 internet, and
 * with IPv6 forwarding it would ignore its own router. The relay runs until the lab is removed.
 */

const PORT = 3142;

/** Marks the command line of a relay. The folder of the lab follows it. */
const MARK = "provision-lab-relay";

/** A read-only HTTP proxy, with CONNECT for https mirrors. Its arguments, MARK and the lab's folder, are for `relayDown`. */
const script = (gateway: string): string => `const http = require("node:http"), net = require("node:net");
const relay = http.createServer((asked, answer) => {
  const fits = ["GET", "HEAD"].includes(asked.method) && asked.url.startsWith("http://") && URL.canParse(asked.url);
  if (!fits) return answer.writeHead(405).end();
  const { "proxy-connection": _, ...headers } = asked.headers;
  const to = http.request(asked.url, { method: asked.method, headers }, (given) => {
    answer.writeHead(given.statusCode, given.headers);
    given.on("error", () => answer.destroy()).pipe(answer);
  });
  to.on("error", () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()));
  answer.on("close", () => to.destroy());
  to.end();
});
relay.on("connect", (asked, client, head) => {
  const [, host = "", port = ""] = /^(.*):(\\d{1,5})$/.exec(asked.url) ?? [];
  const to = net.connect(Math.min(65535, Number(port)), host.replace(/^\\[|\\]$/g, ""), () => {
    client.write("HTTP/1.1 200 OK\\r\\n\\r\\n");
    to.write(head);
    to.pipe(client).pipe(to);
  });
  for (const [one, other] of [[to, client], [client, to]]) one.on("error", () => other.destroy());
});
relay.on("clientError", (error, client) => client.destroy());
relay.listen(${PORT}, ${JSON.stringify(gateway)});
`;

/** The proxy URL for apt on the hosts. */
export const relayUrl = (gateway: string): string => `http://[${gateway}]:${PORT}`;

/** Starts the lab's relay on the bridge, replaces an old one, and waits until it answers. */
export async function relayUp(lab: ContainerLab, gateway: string): Promise<Result<void, LabFailure>> {
  relayDown(lab);
  let ended = "";
  const args = ["-e", script(gateway), MARK, lab.dir];
  void startDetached(process.execPath, args, {}).ended.then((how) => {
    ended = how;
  });
  for (const end = Date.now() + 10_000; Date.now() < end && ended === ""; await sleep(20))
    if (await answers(gateway)) return ok(undefined);
  return err({
    message: `the relay for packages did not start on [${gateway}]:${PORT}`,
    ...(ended === "" ? {} : { detail: ended.split("\n")[0] ?? "" }),
  });
}

/** Ends the relay of a lab, which is found by its command line. */
export function relayDown(lab: ContainerLab): void {
  for (const name of readdirSync("/proc").filter((one) => /^\d+$/.test(one))) {
    const words = commandLine(name);
    const at = words.indexOf(MARK);
    if (at > 0 && words[at + 1] === lab.dir && words[at - 2] === "-e") end(Number(name));
  }
}

function commandLine(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return []; // it has ended
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has already ended.
  }
}

function answers(gateway: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: gateway, port: PORT, timeout: 1000 });
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => finish(true));
    for (const event of ["error", "timeout"] as const) socket.once(event, () => finish(false));
  });
}
