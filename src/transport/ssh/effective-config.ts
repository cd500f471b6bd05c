import { execFile } from "node:child_process";
import { createLimit } from "../limit.ts";
import { type Line, type Options, parseDump } from "./options.ts";

/** The options of a host, or the error message of `ssh`. Undefined: there is no `ssh`. */
type Dump = Options | string | undefined;

const dumps = new Map<string, Promise<Dump>>();
/** Processes at the same time. More would only wait for the CPU. */
const processLimit = createLimit(8);

/**
 * What `ssh -G` prints for a host. `args`: options of `ssh`. `lines`: the lines of the config files that apply to the host.
 * Hosts with the same options and lines share one process, unless an option depends on the name.
 */
export async function effectiveConfig(
  args: readonly string[],
  host: string,
  lines: readonly Line[],
): Promise<Dump> {
  const shared = isNameIndependent(args, host, lines);
  const key = JSON.stringify([args, shared ? lines : host]);
  const running = dumps.get(key) ?? processLimit(() => runSshG([...args, "--", host]));
  dumps.set(key, running);
  const dump = await running;
  return shared && typeof dump === "object" ? new Map([...dump, ["hostname", [host.toLowerCase()]]]) : dump;
}

/** Options whose effect may differ from host to host. */
const BY_NAME = /^(?:hostname|host|match|include|canonical.*)$/;

/**
 * True: except for the name, the output is the same for every host with the same lines. `%` can stand for parts of the
 * name, and `ssh` refuses a jump host that is the host itself.
 */
function isNameIndependent(args: readonly string[], host: string, lines: readonly Line[]): boolean {
  const values = [...args, ...lines.map(({ value }) => value)].map((value) => value.toLowerCase());
  return (
    /^[\w.:-]+$/.test(host) &&
    !values.some((value) => value.includes("%") || value.includes(host.toLowerCase())) &&
    !args.some((word) => /hostname|canonical/i.test(word)) &&
    !lines.some(({ keyword }) => BY_NAME.test(keyword))
  );
}

function runSshG(args: readonly string[]): Promise<Dump> {
  return new Promise((resolve) => {
    execFile("ssh", ["-G", ...args], { maxBuffer: 1 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(parseDump(stdout));
      else resolve(typeof error.code === "number" ? stderr.trim() : undefined);
    });
  });
}
