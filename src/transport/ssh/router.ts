import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "ssh2";
import { err, ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../model/failure.ts";
import { type KeyOwner, lookUpHost, type Trust } from "../host-keys.ts";
import { createLimit, type Limit } from "../limit.ts";
import { type ConfigSources, type HostConfig, where } from "./config.ts";
import type { Hop, Route } from "./jump-hosts.ts";
import type { LoginFailure } from "./login.ts";

/** A logged-in client. `destroy` closes the stream below it. */
interface Connection {
  readonly client: Client;
  destroy(): void;
}

/** Settings for all hosts of a run. */
export interface RouteOptions extends ConfigSources {
  readonly acceptNewHostKeys: boolean;
}

/** One host to connect to. */
interface ConnectRequest extends Route {
  readonly label: string;
  readonly password: string | undefined;
  /** The deadline, as a value of `Date.now()`. */
  readonly until: number;
}

interface JumpConnection {
  readonly connection: Promise<Result<Connection, LoginFailure>>;
  /** From the 10th unauthenticated connection on, OpenSSH drops connections at random (MaxStartups 10:30:100). */
  readonly handshakes: Limit;
  /** The number of connections through this jump host. The last one closes it. */
  users: number;
}

const MAX_HANDSHAKES = 8;
const MAX_TRIES = 3;

/** Connects to hosts, directly or through jump hosts. Logs in to a jump host once for all hosts behind it. */
export class Router {
  readonly #options: RouteOptions;
  readonly #jumps = new Map<string, JumpConnection>();

  constructor(options: RouteOptions) {
    this.#options = options;
  }

  /** What known_hosts says about a host. */
  trust(label: string, config: HostConfig): Trust {
    const owner: KeyOwner = {
      label,
      host: config.host,
      port: config.port,
      ...(config.hostKeyAlias === undefined ? {} : { alias: config.hostKeyAlias }),
    };
    return lookUpHost(owner, {
      files: config.knownHosts,
      acceptNew: this.#options.acceptNewHostKeys,
      hash: config.hashKnownHosts,
    });
  }

  async connect(request: ConnectRequest): Promise<Result<Connection, LoginFailure>> {
    const [hop, ...behind] = request.hops;
    if (hop === undefined) return this.#login(request, () => openSocket(request));
    const key = JSON.stringify(request.hops);
    const jump = this.#jumps.get(key) ?? this.#startJump(key, this.#connectJump(request, hop, behind));
    jump.users += 1;
    const leave = (): void => {
      jump.users -= 1;
      if (jump.users > 0) return;
      if (this.#jumps.get(key) === jump) this.#jumps.delete(key);
      void jump.connection.then((connection) => connection.ok && disconnect(connection.value));
    };
    const result = await jump.handshakes(() => this.#connectThrough(jump, request));
    if (result.ok) result.value.client.once("close", leave);
    else leave();
    return result;
  }

  async #connectThrough(
    jump: JumpConnection,
    request: ConnectRequest,
  ): Promise<Result<Connection, LoginFailure>> {
    const via = await jump.connection;
    if (!via.ok)
      return err({ ...via.error, failure: withLabel(request, via.error.failure), mayRetry: false });
    return this.#login(request, () => openForward(via.value.client, request));
  }

  #startJump(key: string, connection: JumpConnection["connection"]): JumpConnection {
    const jump: JumpConnection = { connection, handshakes: createLimit(MAX_HANDSHAKES), users: 0 };
    this.#jumps.set(key, jump);
    void connection.then((result) => {
      const remove = (): boolean => this.#jumps.get(key) === jump && this.#jumps.delete(key);
      if (result.ok) result.value.client.once("close", remove);
      else remove();
    });
    return jump;
  }

  /** Connects to the jump host nearest to the host. */
  #connectJump(
    { label, until }: ConnectRequest,
    hop: Hop,
    hops: readonly Hop[],
  ): JumpConnection["connection"] {
    const { name, config } = hop;
    return this.connect({ label: `${label}: jump host ${name}`, config, hops, password: undefined, until });
  }

  #login(request: ConnectRequest, open: Open): Promise<Result<Connection, LoginFailure>> {
    const { label, config } = request;
    return withRetries(request, () => attempt(request, () => this.trust(label, config), open));
  }
}

type Open = () => Promise<Result<Duplex, LoginFailure>>;

async function attempt(
  { label, config, password, until }: ConnectRequest,
  trust: () => Trust,
  open: Open,
): Promise<Result<Connection, LoginFailure>> {
  const opening = open();
  // Loads the SSH library while the server answers.
  const { login } = await import("./login.ts");
  const stream = await opening;
  if (!stream.ok) return stream;
  const deadline = Math.max(1, until - Date.now());
  const client = await login({ label, config, password, trust: trust(), stream: stream.value, deadline });
  return client.ok ? ok({ client: client.value, destroy: () => stream.value.destroy() }) : client;
}

/** Tries again if the connection broke before the login started. A random pause spreads the hosts. */
async function withRetries(
  { until }: ConnectRequest,
  attempt: () => Promise<Result<Connection, LoginFailure>>,
): Promise<Result<Connection, LoginFailure>> {
  for (let tries = 1; ; tries++) {
    const result = await attempt();
    if (result.ok || result.error.mayRetry !== true || tries === MAX_TRIES) return result;
    const pause = tries * (100 + Math.random() * 400);
    if (Date.now() + pause > until) return result;
    await delay(pause);
  }
}

function disconnect({ client, destroy }: Connection): void {
  client.once("close", () => clearTimeout(timer));
  const timer = setTimeout(destroy, 500);
  client.end();
}

/**
 * Whether a second attempt to open a connection may succeed: only if the other side reset the first one. A host that is
 * off (EHOSTUNREACH, after 3 s without an answer to ARP) stays off.
 */
export const isTransient = (code: string | undefined): boolean => code === "ECONNRESET" || code === "EPIPE";

/** Nagle's algorithm is off from the start, because it would also delay the handshake. */
function openSocket({ label, config, until }: ConnectRequest): Promise<Result<Duplex, LoginFailure>> {
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
          mayRetry: isTransient(code),
        }),
      );
    };
    const onError = (error: NodeJS.ErrnoException): void =>
      fail(error.message || (error.code ?? "no answer"), error.code);
    socket.once("error", onError);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", onError);
      // ssh2 adds its listener when the login starts. Before that, an error must not end the process.
      socket.on("error", () => {});
      resolve(ok(socket));
    });
  });
}

function openForward(via: Client, { label, config }: ConnectRequest): Promise<Result<Duplex, LoginFailure>> {
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

function withLabel({ label }: ConnectRequest, failure: Failure): Failure {
  return failure.message.startsWith(label)
    ? failure
    : { ...failure, message: `${label}: ${failure.message}` };
}
