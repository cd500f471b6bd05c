import type { Readable } from "node:stream";
import { NodeSSH } from "node-ssh";
import type { CipherAlgorithm, Client, KexAlgorithm, MacAlgorithm, ServerHostKeyAlgorithm } from "ssh2";
import { err, ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../model/failure.ts";
import type { Trust } from "../host-keys.ts";
import { tooManyKeys } from "../login-failures.ts";
import { type Auth, planAuth } from "./auth.ts";
import { type HostConfig, where } from "./config.ts";

/** A login that failed. */
export interface LoginFailure {
  readonly failure: Failure;
  /** What the server requires and only OpenSSH supports. */
  readonly openSshOnly?: string;
  /** True: the connection broke before any login method was tried, so a second attempt may succeed. */
  readonly mayRetry?: boolean;
}

/** The input of one login. */
export interface LoginRequest {
  /** The inventory's name, for messages. */
  readonly label: string;
  readonly config: HostConfig;
  readonly password: string | undefined;
  readonly trust: Trust;
  /** A stream to the server: a socket, or a channel of a jump host. */
  readonly stream: Readable;
  /** Milliseconds. */
  readonly deadline: number;
}

/** Best first. curve25519 needs the least CPU. SHA-1 and CBC are left out. */
const KEX: readonly KexAlgorithm[] = [
  "curve25519-sha256",
  "curve25519-sha256@libssh.org",
  "ecdh-sha2-nistp256",
  "ecdh-sha2-nistp384",
  "ecdh-sha2-nistp521",
  "diffie-hellman-group-exchange-sha256",
  "diffie-hellman-group14-sha256",
  "diffie-hellman-group16-sha512",
  "diffie-hellman-group18-sha512",
];
/** AES-GCM comes first: OpenSSL uses the AES instructions of the CPU. */
const CIPHERS: readonly CipherAlgorithm[] = [
  "aes128-gcm@openssh.com",
  "aes256-gcm@openssh.com",
  "chacha20-poly1305@openssh.com",
  "aes128-ctr",
  "aes192-ctr",
  "aes256-ctr",
];
const MACS: readonly MacAlgorithm[] = [
  "hmac-sha2-256-etm@openssh.com",
  "hmac-sha2-512-etm@openssh.com",
  "hmac-sha2-256",
  "hmac-sha2-512",
  "hmac-sha1",
];
const HOST_KEYS: readonly ServerHostKeyAlgorithm[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
];

/** Logs in on a stream. The returned client has an error listener, so a late error ends only the connection. */
export async function login(request: LoginRequest): Promise<Result<Client, LoginFailure>> {
  const { config, stream, deadline, trust } = request;
  const algorithms = algorithmsFor(config, trust);
  if (algorithms === undefined)
    return err({ failure: noCommonAlgorithms(request, "by the ssh config"), openSshOnly: "its algorithms" });
  const auth = await planAuth(config, request.password);
  const connection = new NodeSSH();
  let badHostKey: Failure | undefined;
  const connecting = connection.connect({
    sock: stream,
    username: config.user,
    readyTimeout: deadline,
    keepaliveInterval: 10_000,
    keepaliveCountMax: 3,
    algorithms,
    hostVerifier(key: Buffer, decide: (good: boolean) => void) {
      void trust.verify(key).then((verdict) => {
        if (!verdict.ok) badHostKey = verdict.error;
        decide(verdict.ok);
      });
    },
    authHandler: (methods, _partial, next) => {
      const choice = auth.next(methods);
      // `false` means that no method is left. The types do not allow it.
      Reflect.apply(next, undefined, [choice]);
    },
  });
  const client = connection.connection;
  client?.on("error", () => {});
  try {
    await connecting;
  } catch (error) {
    stream.destroy();
    return err(badHostKey === undefined ? explain(request, auth, error) : { failure: badHostKey });
  }
  if (client === null) throw new Error("node-ssh made no client");
  return ok(client);
}

function algorithmsFor({ allowed }: HostConfig, trust: Trust): Algorithms | undefined {
  const pick = <T extends string>(ours: readonly T[], theirs: readonly string[] | undefined): T[] =>
    ours.filter((name) => theirs === undefined || theirs.length === 0 || theirs.includes(name));
  const rank = (name: string): number => trust.algorithms.indexOf(name);
  const algorithms = {
    kex: pick(KEX, allowed?.kex),
    cipher: pick(CIPHERS, allowed?.cipher),
    hmac: pick(MACS, allowed?.mac),
    serverHostKey: pick(HOST_KEYS, allowed?.hostKey).sort((a, b) => rank(a) - rank(b)),
  };
  const { kex, cipher, serverHostKey } = algorithms;
  return [kex, cipher, serverHostKey].some((list) => list.length === 0) ? undefined : algorithms;
}

interface Algorithms {
  kex: KexAlgorithm[];
  cipher: CipherAlgorithm[];
  hmac: MacAlgorithm[];
  serverHostKey: ServerHostKeyAlgorithm[];
}

/** Errors of a connection that the server dropped before the login. Above MaxStartups, sshd does this at random. */
const DROPPED =
  /ECONNRESET|EPIPE|Connection lost before handshake|No response from server|ended by the other|closed by/;

function explain(request: LoginRequest, auth: Auth, error: unknown): LoginFailure {
  const { label, config } = request;
  const text = error instanceof Error ? error.message : String(error);
  const level = error instanceof Error && "level" in error ? error.level : undefined;
  if (/no matching|Unsupported|no mutual/i.test(text) && level === "handshake") {
    return { failure: noCommonAlgorithms(request, text), openSshOnly: text };
  }
  if (
    auth.started &&
    (level === "client-authentication" || /authentication failures/i.test(text) || level === "agent")
  ) {
    return { failure: loginRefused(label, config, auth, text) };
  }
  if (level === "client-timeout") {
    return {
      failure: {
        code: "unreachable",
        message: `${label}: no login to ${where(config)} within ${Math.round(request.deadline / 100) / 10} s`,
      },
    };
  }
  const message = `${label}: the connection to ${where(config)} broke during the login`;
  return {
    failure: { code: "unreachable", message, detail: text },
    mayRetry: !auth.started && DROPPED.test(text),
  };
}

function loginRefused(label: string, config: HostConfig, auth: Auth, text: string): Failure {
  const base = {
    code: "login-refused" as const,
    message: `${label}: ${config.user}@${where(config)} refused the login`,
  };
  if (/authentication failures/i.test(text)) {
    const untried = auth.passwordUntried ? "\nnot tried: password (the server ended the login first)" : "";
    return {
      ...base,
      message: `${base.message} after too many keys${auth.passwordUntried ? ", the password was never tried" : ""}`,
      detail: `${text}\n${auth.summary}${untried}`,
      hint: tooManyKeys(auth.passwordUntried),
    };
  }
  const hint =
    auth.encryptedKey === undefined
      ? "check ansible_user and the key"
      : `unlock the key first: ssh-add ${auth.encryptedKey}`;
  return { ...base, detail: auth.summary, hint };
}

function noCommonAlgorithms({ label, config }: LoginRequest, detail: string): Failure {
  const message = `${label}: ${where(config)} and provision have no algorithms in common`;
  return { code: "unreachable", message, detail, hint: "run with --transport openssh" };
}
