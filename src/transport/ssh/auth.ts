import type { AnyAuthMethod, BaseAgent, ParsedKey, SignCallback, SigningRequestOptions } from "ssh2";
import ssh2 from "ssh2";
import { unreachable } from "../../base/result.ts";
import { fingerprint, keyType } from "../known-hosts.ts";
import type { HostConfig } from "./config.ts";
import { type KeyFile, readKeyFile } from "./keys.ts";

/** What one login tries, in order, and what became of it. */
export interface Auth {
  /** For ssh2: what to try next, false = nothing is left. `methods` = what the server still takes, null at first. */
  next(methods: readonly string[] | null): AnyAuthMethod | false;
  /** True once the first method was tried: from here on nothing may be done twice. */
  readonly begun: boolean;
  /** For the failure: what the server takes, what was tried, what could not be. */
  readonly story: string;
  /** True: a password was given, and has not had its turn. */
  readonly passwordLeft: boolean;
  /** An encrypted key that no agent holds, if there is one. */
  readonly locked: string | undefined;
}

interface Attempt {
  readonly method: "publickey" | "password" | "keyboard-interactive" | "none";
  readonly title: string;
  readonly auth: AnyAuthMethod;
}

/** Shows the server one key of an agent, so that keys are tried in our order and not in the agent's. */
class OneKey extends ssh2.BaseAgent<ParsedKey> {
  readonly #agent: BaseAgent;
  readonly #key: ParsedKey;
  constructor(agent: BaseAgent, key: ParsedKey) {
    super();
    this.#agent = agent;
    this.#key = key;
  }
  override getIdentities(callback: (error: undefined, keys: ParsedKey[]) => void): void {
    callback(undefined, [this.#key]);
  }
  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): void {
    if (typeof options === "function") this.#agent.sign(key, data, options);
    else this.#agent.sign(key, data, options, callback);
  }
}

interface AgentKeys {
  readonly agent: BaseAgent;
  readonly keys: readonly ParsedKey[];
}

const agents = new Map<string, Promise<AgentKeys>>();

/** The keys an agent holds, asked once for all hosts. An agent that does not answer holds none. */
function agentKeys(socket: string): Promise<AgentKeys> {
  const present = agents.get(socket);
  if (present !== undefined) return present;
  const agent = new ssh2.OpenSSHAgent(socket);
  const answer = new Promise<AgentKeys>((resolve) => {
    agent.getIdentities((_error, keys = []) => {
      resolve({ agent, keys: keys.flatMap((key) => ("pubKey" in key ? [] : [key])) });
    });
  });
  agents.set(socket, answer);
  return answer;
}

/**
 * Plans a login: keys that were named (from the agent if it holds them), other keys of the agent, and the password, once.
 * The usual first question "none" costs a round trip and only asks what the server takes: it is left out before a key.
 * Before a password it is asked, so that the password is not sent to a server that takes none.
 */
export async function planAuth(config: HostConfig, password: string | undefined): Promise<Auth> {
  const held = config.agent === undefined ? undefined : await agentKeys(config.agent);
  const skipped: string[] = [];
  const named = config.identityFiles.map(readKeyFile);
  const attempts = named.flatMap((file) => ofFile(file, config, held, skipped));
  if (held !== undefined && !config.identitiesOnly) {
    const others = held.keys.filter(
      (key) => !named.some((file) => file.publicKey?.equals(key.getPublicSSH())),
    );
    attempts.push(...others.map((key) => ofAgent(held.agent, key, config.user)));
  }
  if (password !== undefined) attempts.push(...ofPassword(password, config.user));
  return follow(withNone(allowed(attempts, config.methods), config.user), skipped, lockedOf(named, held));
}

/** Those that the ssh config allows, in its order; all, in ours, where it does not say. */
function allowed(attempts: readonly Attempt[], methods: readonly string[] | undefined): readonly Attempt[] {
  if (methods === undefined) return attempts;
  return methods.flatMap((name) => attempts.filter(({ method }) => method === name));
}

function lockedOf(named: readonly KeyFile[], held: AgentKeys | undefined): string | undefined {
  return named.find((file) => file.state === "encrypted" && holds(held, file) === undefined)?.path;
}

function withNone(attempts: readonly Attempt[], user: string): readonly Attempt[] {
  if (attempts[0]?.method === "publickey") return attempts;
  return [{ method: "none", title: "none", auth: { type: "none", username: user } }, ...attempts];
}

function follow(attempts: readonly Attempt[], skipped: readonly string[], locked: string | undefined): Auth {
  const left = [...attempts];
  const tried: string[] = [];
  let takes: readonly string[] | undefined;
  let passwordJudged = false;
  const isTaken = ({ method }: Attempt): boolean => {
    if (method === "none" || takes === undefined) return true;
    return takes.includes(method) && !(method === "keyboard-interactive" && passwordJudged);
  };
  return {
    next(methods) {
      takes = methods ?? takes;
      // A password that was refused by name is not asked about again under the other name.
      if (tried.includes("password") && takes?.includes("password")) passwordJudged = true;
      for (let attempt = left.shift(); attempt !== undefined; attempt = left.shift()) {
        if (!isTaken(attempt)) continue;
        tried.push(attempt.title);
        return attempt.auth;
      }
      return false;
    },
    get begun() {
      return tried.length > 0;
    },
    get story() {
      return storyOf({
        takes,
        tried,
        skipped,
        password: attempts.some(({ method }) => method === "password"),
      });
    },
    get passwordLeft() {
      return left.some(({ method }) => method === "password" || method === "keyboard-interactive");
    },
    locked,
  };
}

interface Story {
  readonly takes: readonly string[] | undefined;
  readonly tried: readonly string[];
  readonly skipped: readonly string[];
  /** A password was given. */
  readonly password: boolean;
}

function storyOf({ takes, tried, skipped, password }: Story): string {
  const list = tried.filter((title) => title !== "none");
  const wanted = takes === undefined || takes.includes("password") || takes.includes("keyboard-interactive");
  const untried = [
    ...skipped,
    ...(password && !wanted && !list.includes("password") ? ["password (the server takes none)"] : []),
  ];
  const nothing = untried.length === 0 ? "nothing, for want of a key or password" : "nothing";
  return [
    ...(takes === undefined ? [] : [`the server takes: ${takes.join(", ")}`]),
    `tried: ${list.length === 0 ? nothing : list.join(", ")}`,
    ...(untried.length === 0 ? [] : [`not tried: ${untried.join(", ")}`]),
  ].join("\n");
}

function holds(held: AgentKeys | undefined, file: KeyFile): ParsedKey | undefined {
  return held?.keys.find((key) => file.publicKey?.equals(key.getPublicSSH()));
}

function ofFile(
  file: KeyFile,
  { user, namedKeys }: HostConfig,
  held: AgentKeys | undefined,
  skipped: string[],
): Attempt[] {
  const inAgent = holds(held, file);
  if (held !== undefined && inAgent !== undefined) return [ofAgent(held.agent, inAgent, user)];
  switch (file.state) {
    case "plain":
      break;
    case "encrypted":
      skipped.push(`${file.path} (encrypted, and in no agent)`);
      return [];
    case "fido":
      skipped.push(`${file.path} (a FIDO key: only with --transport openssh)`);
      return [];
    case "missing":
      // Default keys are looked for on a guess: most accounts have one of them.
      if (namedKeys.includes(file.path)) skipped.push(`${file.path} (no such file)`);
      return [];
    case "unreadable":
      skipped.push(`${file.path} (cannot be read: ${file.reason ?? "unknown reason"})`);
      return [];
    default:
      return unreachable(file.state);
  }
  const key = parsedKey(file);
  if (key === undefined || key instanceof Error || !key.isPrivateKey()) {
    skipped.push(`${file.path} (${key instanceof Error ? key.message : "not a private key"})`);
    return [];
  }
  return [
    { method: "publickey", title: `key ${file.path}`, auth: { type: "publickey", username: user, key } },
  ];
}

const parsedKeys = new Map<KeyFile, ParsedKey | Error | undefined>();

/** A key file's first key; parsed once, however many hosts are logged in to with it. */
function parsedKey(file: KeyFile): ParsedKey | Error | undefined {
  if (!parsedKeys.has(file)) {
    const parsed = ssh2.utils.parseKey(file.bytes);
    parsedKeys.set(file, Array.isArray(parsed) ? parsed[0] : parsed);
  }
  return parsedKeys.get(file);
}

function ofAgent(agent: BaseAgent, key: ParsedKey, user: string): Attempt {
  const blob = key.getPublicSSH();
  const title = `agent key ${key.comment || `${keyType(blob)} ${fingerprint(blob)}`}`;
  return {
    method: "publickey",
    title,
    auth: { type: "agent", username: user, agent: new OneKey(agent, key) },
  };
}

function ofPassword(password: string, user: string): Attempt[] {
  let answered = false;
  return [
    { method: "password", title: "password", auth: { type: "password", username: user, password } },
    {
      method: "keyboard-interactive",
      title: "keyboard-interactive",
      auth: {
        type: "keyboard-interactive",
        username: user,
        prompt(...[, , , prompts, finish]) {
          // Asked again = refused. An answer too few ends the exchange.
          const answers = answered ? [] : prompts.map(({ echo }) => (echo === true ? "" : password));
          answered = answered || prompts.length > 0;
          finish(answers);
        },
      },
    },
  ];
}
