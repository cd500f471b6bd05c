import { err, ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../model/failure.ts";
import {
  type ConfigRequest,
  type ConfigSources,
  configFileOf,
  type HostConfig,
  resolveConfig,
} from "./config.ts";

/** One jump host on the way to a host. */
export interface Hop {
  /** As the list of jump hosts names it, without user and port. */
  readonly name: string;
  /** `jumps` is what its own ssh config says: it is reached through the hop behind it in the list. */
  readonly config: HostConfig;
}

/** How a host is reached. */
export interface Route {
  readonly config: HostConfig;
  /** The jump hosts, nearest to the host first; each is reached through the next. */
  readonly hops: readonly Hop[];
}

/** More jump hosts than these are no route that somebody has written down; names may also grow without end (`x%n`). */
const MOST = 16;

/**
 * Works out the whole way to a host before anything is contacted. As ssh does, a jump host gets the config file of the host
 * behind it (`-F`), and none of its other options. A jump host that would be reached through itself is a failure: nobody
 * could ever connect, and OpenSSH would start one `ssh` after another without end.
 */
export async function routeTo(
  label: string,
  request: ConfigRequest,
  config: HostConfig,
  sources: ConfigSources,
): Promise<Result<Route, Failure>> {
  const file = configFileOf(request, sources);
  const own = file === undefined ? sources : { ...sources, configFile: file };
  const way: Hop[] = [{ name: request.host, config }];
  for (let [at, before] = [config, config.jumps]; ; ) {
    if (at.refused !== undefined) return err(refused(label, way, at.refused));
    if (before.length === 0) return ok({ config, hops: way.slice(1) });
    const asked = parseJump(before.at(-1) ?? "");
    const hop: Hop = { name: asked.host, config: await resolveConfig(asked, own) };
    const looped = way.some((other) => isSame(other, hop, asked.user !== undefined));
    way.push(hop);
    if (looped) return err(loop(label, way));
    if (way.length > MOST) return err(endless(label, way));
    at = hop.config;
    before = before.length > 1 ? before.slice(0, -1) : at.jumps;
  }
}

/** As OpenSSH compares: by the names, not by where they lead; the user counts where the list names one. */
function isSame(one: Hop, other: Hop, byUser: boolean): boolean {
  return (
    one.name.toLowerCase() === other.name.toLowerCase() &&
    one.config.port === other.config.port &&
    (!byUser || one.config.user === other.config.user)
  );
}

function loop(label: string, way: readonly Hop[]): Failure {
  const name = way.at(-1)?.name ?? label;
  const who = label.toLowerCase() === name.toLowerCase() ? label : `${label}: jump host ${name}`;
  return {
    code: "unreachable",
    message: `${who}: it is its own jump host`,
    detail: told(way),
    hint: `give ${name} \`ProxyJump none\` in the ssh config, or name another jump host`,
  };
}

/** `ssh` itself sees the shortest loop of all, and says so where it is only asked for its config. */
function refused(label: string, way: readonly Hop[], words: string): Failure {
  const last = way.at(-1);
  if (last !== undefined && /jumphost loop/.test(words)) return loop(label, [...way, last]);
  const whose = way.length < 2 ? "the ssh config or the ssh options" : `the ssh config for ${last?.name}`;
  return { code: "unreachable", message: `${label}: ssh does not accept ${whose}`, detail: words };
}

function endless(label: string, way: readonly Hop[]): Failure {
  return {
    code: "unreachable",
    message: `${label}: more than ${MOST - 1} jump hosts, one behind another`,
    detail: told(way),
    hint: "name the jump hosts in the ssh config so that the first of them is reached directly",
  };
}

/** `a is reached through b, b through c`. */
function told(way: readonly Hop[]): string {
  const steps = way.slice(1).map(({ name }, index) => `${way[index]?.name} through ${name}`);
  return steps.join(", ").replace(" through ", " is reached through ");
}

/** `[user@]host[:port]`, or the same as an `ssh://` address. */
export function parseJump(text: string): {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
} {
  const [, user, host, port] =
    /^(?:ssh:\/\/)?(?:(.*)@)?(\[[^\]]*\]|[^:]*)(?::([0-9]+))?\/?$/.exec(text) ?? [];
  return {
    host: (host ?? text).replace(/^\[(.*)\]$/, "$1"),
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port: Number(port) }),
  };
}
