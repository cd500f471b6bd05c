import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "ssh2";
import { err, ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../model/failure.ts";
import { type KeyOwner, lookUp, type Trust } from "../host-keys.ts";
import { createLimit, type Limit } from "../limit.ts";
import { type ConfigSources, type HostConfig, where } from "./config.ts";
import type { Hop, Route } from "./jump-hosts.ts";
import type { LoginFailure } from "./login.ts";

/** A logged-in client, and what drops it. */
interface Reached {
  readonly client: Client;
  cut(): void;
}

/** What is the same for all hosts of a run. */
export interface RouteOptions extends ConfigSources {
  readonly acceptNewHostKeys: boolean;
}

/** One host to reach. */
interface RouteRequest extends Route {
  readonly label: string;
  readonly password: string | undefined;
  /** When to give up, as `Date.now()` counts. */
  readonly until: number;
}

interface Jump {
  readonly reached: Promise<Result<Reached, LoginFailure>>;
  /** Handshakes at once: OpenSSH drops unauthenticated connections at random from the 10th on (MaxStartups 10:30:100). */
  readonly handshakes: Limit;
  /** Connections that go through it; the last one closes it. */
  users: number;
}

const HANDSHAKES = 8;
const TRIES = 3;

/** Reaches hosts, directly or through jump hosts. A jump host is logged in to once for all hosts behind it. */
export class Router {
  readonly #options: RouteOptions;
  readonly #jumps = new Map<string, Jump>();

  constructor(options: RouteOptions) {
    this.#options = options;
  }

  /** What known_hosts says of a host. */
  trust(label: string, config: HostConfig): Trust {
    const owner: KeyOwner = {
      label,
      host: config.host,
      port: config.port,
      ...(config.hostKeyAlias === undefined ? {} : { alias: config.hostKeyAlias }),
    };
    return lookUp(owner, {
      files: config.knownHosts,
      acceptNew: this.#options.acceptNewHostKeys,
      hash: config.hashKnownHosts,
    });
  }

  async reach(request: RouteRequest): Promise<Result<Reached, LoginFailure>> {
    const [hop, ...behind] = request.hops;
    if (hop === undefined) return this.#login(request, () => openSocket(request));
    const key = JSON.stringify(request.hops);
    const jump = this.#jumps.get(key) ?? this.#startJump(key, this.#reachJump(request, hop, behind));
    jump.users += 1;
    const leave = (): void => {
      jump.users -= 1;
      if (jump.users > 0) return;
      if (this.#jumps.get(key) === jump) this.#jumps.delete(key);
      void jump.reached.then((reached) => reached.ok && hangUp(reached.value));
    };
    const result = await jump.handshakes(() => this.#reachThrough(jump, request));
    if (result.ok) result.value.client.once("close", leave);
    else leave();
    return result;
  }

  async #reachThrough(jump: Jump, request: RouteRequest): Promise<Result<Reached, LoginFailure>> {
    const via = await jump.reached;
    if (!via.ok)
      return err({ ...via.error, failure: behindJump(request, via.error.failure), mayRetry: false });
    return this.#login(request, () => openForward(via.value.client, request));
  }

  #startJump(key: string, reached: Jump["reached"]): Jump {
    const jump: Jump = { reached, handshakes: createLimit(HANDSHAKES), users: 0 };
    this.#jumps.set(key, jump);
    void jump.reached.then((reached) => {
      const forget = (): boolean => this.#jumps.get(key) === jump && this.#jumps.delete(key);
      if (reached.ok) reached.value.client.once("close", forget);
      else forget();
    });
    return jump;
  }

  /** The jump host nearest to the host. */
  #reachJump({ label, until }: RouteRequest, hop: Hop, hops: readonly Hop[]): Jump["reached"] {
    const { name, config } = hop;
    return this.reach({ label: `${label}: jump host ${name}`, config, hops, password: undefined, until });
  }

  #login(request: RouteRequest, open: Open): Promise<Result<Reached, LoginFailure>> {
    const { label, config } = request;
    return retrying(request, () => attempt(request, () => this.trust(label, config), open));
  }
}

type Open = () => Promise<Result<Duplex, LoginFailure>>;

async function attempt(
  { label, config, password, until }: RouteRequest,
  trust: () => Trust,
  open: Open,
): Promise<Result<Reached, LoginFailure>> {
  const opening = open();
  // Loading what speaks SSH takes as long as a server takes to greet: both at the same time.
  const { login } = await import("./login.ts");
  const stream = await opening;
  if (!stream.ok) return stream;
  const deadline = Math.max(1, until - Date.now());
  const client = await login({ label, config, password, trust: trust(), stream: stream.value, deadline });
  return client.ok ? ok({ client: client.value, cut: () => stream.value.destroy() }) : client;
}

/** Tries again what broke by chance before the login began, after a pause that differs from host to host. */
async function retrying(
  { until }: RouteRequest,
  attempt: () => Promise<Result<Reached, LoginFailure>>,
): Promise<Result<Reached, LoginFailure>> {
  for (let tries = 1; ; tries++) {
    const result = await attempt();
    if (result.ok || result.error.mayRetry !== true || tries === TRIES) return result;
    const pause = tries * (100 + Math.random() * 400);
    if (Date.now() + pause > until) return result;
    await delay(pause);
  }
}

function hangUp({ client, cut }: Reached): void {
  client.once("close", () => clearTimeout(timer));
  const timer = setTimeout(cut, 500);
  client.end();
}

/**
 * Whether a connection that could not be opened may be tried again: only where the other side broke it. A host that is
 * off (EHOSTUNREACH, after the 3 s in which nobody answered ARP) is off the second time too.
 */
export const isChance = (code: string | undefined): boolean => code === "ECONNRESET" || code === "EPIPE";

/** Nagle's algorithm is off from the first byte: it would also delay the handshake. */
function openSocket({ label, config, until }: RouteRequest): Promise<Result<Duplex, LoginFailure>> {
  return new Promise((resolve) => {
    const { host, port, family } = config;
    const socket: Socket = connect({ host, port, noDelay: true, ...(family === 0 ? {} : { family }) });
    const timer = setTimeout(() => fail("no answer in time", undefined), Math.max(1, until - Date.now()));
    const fail = (detail: string, code: string | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      const message = `${label}: ${where(config)} cannot be reached`;
      resolve(
        err({
          failure: { code: "unreachable", message, detail },
          mayRetry: isChance(code),
        }),
      );
    };
    const onError = (error: NodeJS.ErrnoException): void =>
      fail(error.message || (error.code ?? "no answer"), error.code);
    socket.once("error", onError);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", onError);
      // ssh2 listens once the login starts; until then an error must not end the process.
      socket.on("error", () => {});
      resolve(ok(socket));
    });
  });
}

function openForward(via: Client, { label, config }: RouteRequest): Promise<Result<Duplex, LoginFailure>> {
  return new Promise((resolve) => {
    const fail = (detail: string): void => {
      const message = `${label}: ${where(config)} cannot be reached from the jump host`;
      resolve(err({ failure: { code: "unreachable", message, detail } }));
    };
    try {
      via.forwardOut("127.0.0.1", 0, config.host, config.port, (error, channel) => {
        if (error === undefined) resolve(ok(channel));
        else fail(error.message);
      });
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error));
    }
  });
}

function behindJump({ label }: RouteRequest, failure: Failure): Failure {
  return failure.message.startsWith(label)
    ? failure
    : { ...failure, message: `${label}: ${failure.message}` };
}
