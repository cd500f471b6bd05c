import type { Client, ClientChannel } from "ssh2";
import { err, ok, type Result } from "../../base/result.ts";
import { settled } from "../process-wire.ts";
import type { Wire, WireEnd } from "../wire.ts";

/** Milliseconds that a polite goodbye may take before the socket is cut. */
const GOODBYE = 500;
/** Milliseconds after the remote command's end in which its last output must have come; a daemon may hold it open. */
const LAST_OUTPUT = 300;

/**
 * Runs a command line on a logged-in client. `cut` drops the connection below. The server's confirmation is waited for:
 * until then OpenSSH grants no window, so nothing could be sent any sooner.
 */
export function execWire(
  client: Client,
  line: string,
  cut: () => void,
  explain: Wire["explain"],
): Promise<Result<Wire, Error>> {
  const { promise: closed, resolve: end } = settled();
  return new Promise((resolve) => {
    const fail = (error: Error): void => resolve(err(error));
    client.once("close", () => fail(new Error("the connection was closed")));
    try {
      client.exec(line, (error, channel) => {
        if (error === undefined) resolve(ok(wireOf(client, channel, { closed, end, cut, explain })));
        else fail(error);
      });
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

interface Ending {
  readonly closed: Promise<WireEnd>;
  end(end: WireEnd): void;
  cut(): void;
  readonly explain: Wire["explain"];
}

function wireOf(client: Client, channel: ClientChannel, ending: Ending): Wire {
  const { closed, end, cut, explain } = ending;
  let seen: WireEnd = {};
  client.on("error", (error) => {
    seen = { ...seen, reason: error.message };
  });
  channel.on("exit", (code: number | null, signal?: string) => {
    seen = code === null ? { reason: `the shell was ended by ${signal ?? "a signal"}` } : { ...seen, code };
    setTimeout(() => end(seen), LAST_OUTPUT).unref();
  });
  channel.on("close", () => end(seen));
  client.on("close", () => end(seen));
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    closed,
    explain,
    destroy() {
      end({ ...seen, reason: "closed here" });
      const timer = setTimeout(cut, GOODBYE);
      client.once("close", () => clearTimeout(timer));
      client.end();
    },
  };
}
