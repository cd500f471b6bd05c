import type { AnyAuthMethod, BaseAgent, ParsedKey } from "ssh2";
import ssh2 from "ssh2";
import { unreachable } from "../../base/result.ts";
import { fingerprint, keyType } from "../known-hosts.ts";
import { type AgentKeys, readAgent, SingleKeyAgent } from "./agent.ts";
import type { HostConfig } from "./config.ts";
import { type KeyFile, readKeyFile } from "./keys.ts";

/** The login methods of one login, in their order, and their results. */
export interface Auth {
  /** For ssh2: the next method, or false if none is left. `methods`: what the server still accepts; null at first. */
  next(methods: readonly string[] | null): AnyAuthMethod | false;
  /** True after the first method was tried. The login must not be repeated then. */
  readonly started: boolean;
  /** For the failure: what the server accepts, what was tried and what was not. */
  readonly summary: string;
  /** True: there is a password, but it was not tried yet. */
  readonly passwordUntried: boolean;
  /** Path of an encrypted key that is not in the agent, if there is one. */
  readonly encryptedKey: string | undefined;
}

interface Attempt {
  readonly method: "publickey" | "password" | "keyboard-interactive" | "none";
  readonly title: string;
  readonly auth: AnyAuthMethod;
}

/**
 * Plans a login: named keys (from the agent if it has them), other keys of the agent, and the password, once.
 * The method "none" only asks what the server accepts and costs a round trip, so it is left out before a key. It comes
 * before a password, so that the password is not sent to a server that accepts none.
 */
export async function planAuth(config: HostConfig, password: string | undefined): Promise<Auth> {
  const agent = config.agent === undefined ? undefined : await readAgent(config.agent);
  const skipped: string[] = [];
  const named = config.identityFiles.map(readKeyFile);
  const attempts = named.flatMap((file) => fileAttempts(file, config, agent, skipped));
  if (agent !== undefined && !config.identitiesOnly) {
    const others = agent.keys.filter(
      (key) => !named.some((file) => file.publicKey?.equals(key.getPublicSSH())),
    );
    attempts.push(...others.map((key) => agentAttempt(agent.agent, key, config.user)));
  }
  if (password !== undefined) attempts.push(...passwordAttempts(password, config.user));
  const planned = withNone(allowedAttempts(attempts, config.methods), config.user);
  return createAuth(planned, skipped, encryptedKeyOf(named, agent));
}

/** The attempts that the ssh config allows, in its order. Without a restriction: all, in our order. */
function allowedAttempts(
  attempts: readonly Attempt[],
  methods: readonly string[] | undefined,
): readonly Attempt[] {
  if (methods === undefined) return attempts;
  return methods.flatMap((name) => attempts.filter(({ method }) => method === name));
}

function encryptedKeyOf(named: readonly KeyFile[], agent: AgentKeys | undefined): string | undefined {
  return named.find((file) => file.state === "encrypted" && keyInAgent(agent, file) === undefined)?.path;
}

function withNone(attempts: readonly Attempt[], user: string): readonly Attempt[] {
  if (attempts[0]?.method === "publickey") return attempts;
  return [{ method: "none", title: "none", auth: { type: "none", username: user } }, ...attempts];
}

function createAuth(
  attempts: readonly Attempt[],
  skipped: readonly string[],
  encryptedKey: string | undefined,
): Auth {
  const left = [...attempts];
  const tried: string[] = [];
  let accepted: readonly string[] | undefined;
  const password = attempts.some(({ method }) => method === "password");
  let passwordRefused = false;
  const isAccepted = ({ method }: Attempt): boolean => {
    if (method === "none" || accepted === undefined) return true;
    return accepted.includes(method) && !(method === "keyboard-interactive" && passwordRefused);
  };
  return {
    next(methods) {
      accepted = methods ?? accepted;
      // keyboard-interactive would send a refused password again.
      if (tried.includes("password") && accepted?.includes("password")) passwordRefused = true;
      for (let attempt = left.shift(); attempt !== undefined; attempt = left.shift()) {
        if (!isAccepted(attempt)) continue;
        tried.push(attempt.title);
        return attempt.auth;
      }
      return false;
    },
    get started() {
      return tried.length > 0;
    },
    get summary() {
      return summaryOf({ accepted, tried, skipped, password });
    },
    get passwordUntried() {
      return left.some(({ method }) => method === "password" || method === "keyboard-interactive");
    },
    encryptedKey,
  };
}

interface Summary {
  readonly accepted: readonly string[] | undefined;
  readonly tried: readonly string[];
  readonly skipped: readonly string[];
  /** True: there is a password. */
  readonly password: boolean;
}

function summaryOf({ accepted, tried, skipped, password }: Summary): string {
  const list = tried.filter((title) => title !== "none");
  const acceptsPassword =
    accepted === undefined || accepted.includes("password") || accepted.includes("keyboard-interactive");
  const untried = [
    ...skipped,
    ...(password && !acceptsPassword && !list.includes("password")
      ? ["password (the server accepts none)"]
      : []),
  ];
  const nothing = untried.length === 0 ? "nothing (there is no key and no password)" : "nothing";
  return [
    ...(accepted === undefined ? [] : [`the server accepts: ${accepted.join(", ")}`]),
    `tried: ${list.length === 0 ? nothing : list.join(", ")}`,
    ...(untried.length === 0 ? [] : [`not tried: ${untried.join(", ")}`]),
  ].join("\n");
}

function keyInAgent(agent: AgentKeys | undefined, file: KeyFile): ParsedKey | undefined {
  return agent?.keys.find((key) => file.publicKey?.equals(key.getPublicSSH()));
}

function fileAttempts(
  file: KeyFile,
  { user, namedKeys }: HostConfig,
  agent: AgentKeys | undefined,
  skipped: string[],
): Attempt[] {
  const inAgent = keyInAgent(agent, file);
  if (agent !== undefined && inAgent !== undefined) return [agentAttempt(agent.agent, inAgent, user)];
  switch (file.state) {
    case "plain":
      break;
    case "encrypted":
      skipped.push(`${file.path} (encrypted and not in the agent)`);
      return [];
    case "fido":
      skipped.push(`${file.path} (a FIDO key: only with --transport openssh)`);
      return [];
    case "missing":
      // Most accounts have only one of the default keys.
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

/** The first key of a key file. Each file is parsed once for all hosts. */
function parsedKey(file: KeyFile): ParsedKey | Error | undefined {
  if (!parsedKeys.has(file)) {
    const parsed = ssh2.utils.parseKey(file.bytes);
    parsedKeys.set(file, Array.isArray(parsed) ? parsed[0] : parsed);
  }
  return parsedKeys.get(file);
}

function agentAttempt(agent: BaseAgent, key: ParsedKey, user: string): Attempt {
  const blob = key.getPublicSSH();
  const title = `agent key ${key.comment || `${keyType(blob)} ${fingerprint(blob)}`}`;
  return {
    method: "publickey",
    title,
    auth: { type: "agent", username: user, agent: new SingleKeyAgent(agent, key) },
  };
}

function passwordAttempts(password: string, user: string): Attempt[] {
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
          // A second prompt means that the password was refused. An empty answer ends the exchange.
          const answers = answered ? [] : prompts.map(({ echo }) => (echo === true ? "" : password));
          answered = answered || prompts.length > 0;
          finish(answers);
        },
      },
    },
  ];
}
