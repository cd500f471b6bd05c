import { err, ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../model/failure.ts";
import {
  type ConfigRequest,
  type ConfigSources,
  configFileOf,
  type HostConfig,
  resolveConfig,
} from "./config.ts";

/** One jump host on the route to a host. */
export interface Hop {
  /** Its name in the list of jump hosts, without user and port. */
  readonly name: string;
  /** `jumps` comes from its own ssh config and is already part of the route. */
  readonly config: HostConfig;
}

/** A host and its jump hosts. */
export interface Route {
  readonly config: HostConfig;
  /** The jump hosts, nearest to the host first. Each is connected through the next one. */
  readonly hops: readonly Hop[];
}

/** A longer route is a mistake in the config. With `x%n`, the names of jump hosts grow without end. */
const MAX_HOSTS = 16;

/**
 * Works out the route to a host before any connection. As in `ssh`, a jump host gets the config file of the host behind it
 * (`-F`), but none of its other options. A loop is a failure: OpenSSH would start one `ssh` after another without end.
 */
export async function routeTo(
  label: string,
  request: ConfigRequest,
  config: HostConfig,
  sources: ConfigSources,
): Promise<Result<Route, Failure>> {
  const file = configFileOf(request, sources);
  const own = file === undefined ? sources : { ...sources, configFile: file };
  const path: Hop[] = [{ name: request.host, config }];
  for (let [current, jumps] = [config, config.jumps]; ; ) {
    if (current.refused !== undefined) return err(configRefused(label, path, current.refused));
    if (jumps.length === 0) return ok({ config, hops: path.slice(1) });
    const jump = parseJump(jumps.at(-1) ?? "");
    const hop: Hop = { name: jump.host, config: await resolveConfig(jump, own) };
    const looped = path.some((other) => isSame(other, hop, jump.user !== undefined));
    path.push(hop);
    if (looped) return err(jumpLoop(label, path));
    if (path.length > MAX_HOSTS) return err(tooManyJumps(label, path));
    current = hop.config;
    jumps = jumps.length > 1 ? jumps.slice(0, -1) : current.jumps;
  }
}

/** Compares names, not addresses, as OpenSSH does. `byUser`: the list of jump hosts names a user. */
function isSame(one: Hop, other: Hop, byUser: boolean): boolean {
  return (
    one.name.toLowerCase() === other.name.toLowerCase() &&
    one.config.port === other.config.port &&
    (!byUser || one.config.user === other.config.user)
  );
}

function jumpLoop(label: string, path: readonly Hop[]): Failure {
  const name = path.at(-1)?.name ?? label;
  const who = label.toLowerCase() === name.toLowerCase() ? "the host" : `the jump host ${name}`;
  return {
    code: "unreachable",
    message: `${label}: ${who} is its own jump host`,
    detail: describePath(path),
    hint: `give ${name} \`ProxyJump none\` in the ssh config, or name another jump host`,
  };
}

/** `ssh -G` itself refuses a host that is its own jump host. */
function configRefused(label: string, path: readonly Hop[], error: string): Failure {
  const last = path.at(-1);
  if (last !== undefined && /jumphost loop/.test(error)) return jumpLoop(label, [...path, last]);
  const what = path.length < 2 ? "the ssh config or the ssh options" : `the ssh config for ${last?.name}`;
  return { code: "unreachable", message: `${label}: ssh does not accept ${what}`, detail: error };
}

function tooManyJumps(label: string, path: readonly Hop[]): Failure {
  return {
    code: "unreachable",
    message: `${label}: the route has more than ${MAX_HOSTS - 1} jump hosts`,
    detail: describePath(path),
    hint: "change the ssh config so that the first jump host has no jump host",
  };
}

/** `a is reached through b, b through c`. */
function describePath(path: readonly Hop[]): string {
  const steps = path.slice(1).map(({ name }, index) => `${path[index]?.name} through ${name}`);
  return steps.join(", ").replace(" through ", " is reached through ");
}

/** Parses `[user@]host[:port]`, with or without `ssh://`. */
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
