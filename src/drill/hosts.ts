import { err, ok, type Result } from "../base/result.ts";
import type { Failure } from "../model/failure.ts";
import type { Script } from "../model/script.ts";
import type { Session, Target, Transport } from "../transport/transport.ts";

/** Hosts of a drill: they may be away at any moment, and come back. */
export interface Hosts {
  /** Runs a script on a host, over a new connection if the last one broke. Gives its output if it ends with 0. */
  ask(host: string, script: Script, seconds: number): Promise<Result<string, Failure>>;
  close(): Promise<void>;
}

/** Seconds that a login may take; a host that is away for longer is asked again later. */
const LOGIN = 8;

/** Hosts over a transport. Sessions are opened when they are needed. */
export function hostsOver(transport: Transport, targets: ReadonlyMap<string, Target>): Hosts {
  const sessions = new Map<string, Promise<Result<Session, Failure>>>();
  const session = (host: string): Promise<Result<Session, Failure>> => {
    const target = targets.get(host);
    if (target === undefined) throw new Error(`no target for ${host}`);
    const open = sessions.get(host) ?? transport.connect(target, { deadline: LOGIN * 1000 });
    sessions.set(host, open);
    return open;
  };
  return {
    ask: async (host, script, seconds) => {
      const open = await session(host);
      const answer = open.ok ? await open.value.request(script, requestOptions(host, seconds)) : open;
      if (answer.ok) return outputOf(host, answer.value);
      sessions.delete(host);
      if (open.ok) void open.value.close();
      return answer;
    },
    close: async () => {
      for (const opening of sessions.values()) {
        const open = await opening;
        if (open.ok) void open.value.close();
      }
    },
  };
}

const requestOptions = (host: string, seconds: number) => ({
  deadline: seconds * 1000,
  waitingFor: `the drill's request on ${host}`,
});

function outputOf(
  host: string,
  { code, stdout, stderr }: { code: number; stdout: Uint8Array; stderr: Uint8Array },
): Result<string, Failure> {
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).trimEnd();
  if (code === 0) return ok(text(stdout));
  const message = `${host}: a command of the drill ended with ${code}`;
  return err({ code: "command-failed", message, detail: `${text(stdout)}\n${text(stderr)}`.trim() });
}
