import type { Client, ClientChannel } from "ssh2";
import { err, ok, type Result } from "../../base/result.ts";
import { deferredEnd } from "../process-wire.ts";
import type { Wire, WireEnd } from "../wire.ts";

/** How long the SSH connection may take to close before the socket is destroyed. */
const CLOSE_WITHIN_MS = 500;
/** How long output is read after the remote command ends. A daemon that inherited the channel may never close it. */
const LAST_OUTPUT_MS = 300;

/**
 * Runs a command line on a logged-in client. `destroy` closes the stream below the client. Waits for the server's
 * confirmation, because OpenSSH accepts no input before it.
 */
export function execWire(
  client: Client,
  line: string,
  destroy: () => void,
  explain: Wire["explain"],
): Promise<Result<Wire, Error>> {
  const { promise: closed, resolve: end } = deferredEnd();
  return new Promise((resolve) => {
    const fail = (error: Error): void => resolve(err(error));
    client.once("close", () => fail(new Error("the connection was closed")));
    try {
      client.exec(line, (error, channel) => {
        if (error === undefined) resolve(ok(wireOf(client, channel, { closed, end, destroy, explain })));
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
  destroy(): void;
  readonly explain: Wire["explain"];
}

function wireOf(client: Client, channel: ClientChannel, ending: Ending): Wire {
  const { closed, end, destroy, explain } = ending;
  let seen: WireEnd = {};
  client.on("error", (error) => {
    seen = { ...seen, reason: error.message };
  });
  channel.on("exit", (code: number | null, signal?: string) => {
    seen = code === null ? { reason: `${signal ?? "a signal"} ended the shell` } : { ...seen, code };
    setTimeout(() => end(seen), LAST_OUTPUT_MS).unref();
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
      const timer = setTimeout(destroy, CLOSE_WITHIN_MS);
      client.once("close", () => clearTimeout(timer));
      client.end();
    },
  };
}
