import { homedir, hostname, userInfo } from "node:os";
import { resolve } from "node:path";
import { linesForHost } from "./config-files.ts";
import { effectiveConfig } from "./effective-config.ts";
import { openSshOnlyOption } from "./openssh-only.ts";
import { methodsOf, type Options, parseArgs } from "./options.ts";

/** Where and how to log in: the request and the ssh config together. */
export interface HostConfig {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** 4 or 6: use only addresses of this family. 0: either. */
  readonly family: 0 | 4 | 6;
  /** Absolute paths, in the order in which they are tried. Some may not exist. */
  readonly identityFiles: readonly string[];
  /** The identity files that the inventory or the ssh config names. A missing one is reported. */
  readonly namedKeys: readonly string[];
  readonly identitiesOnly: boolean;
  /** Path of the agent's socket. */
  readonly agent?: string;
  readonly knownHosts: readonly string[];
  readonly hostKeyAlias?: string;
  readonly hashKnownHosts: boolean;
  /** `[user@]host[:port]`, nearest to this machine first. */
  readonly jumps: readonly string[];
  /** The algorithms that the config allows, if `ssh -G` was run. */
  readonly allowed?: Readonly<Record<"kex" | "cipher" | "mac" | "hostKey", readonly string[]>>;
  /** The login methods that the config allows, best first. Left out: all. */
  readonly methods?: readonly string[];
  /** The option of this host that only OpenSSH supports. */
  readonly openSshOnly?: string;
  /** The error message of `ssh` for bad options or config files. The other fields are then meaningless. */
  readonly refused?: string;
}

/** What the inventory says about a login. It overrides the config files. */
export interface ConfigRequest {
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
  readonly keyFile?: string;
  /** Options of `ssh`, one word per item. */
  readonly args?: readonly string[];
}

/** Settings of this machine. Tests replace them. */
export interface ConfigSources {
  /** SSH_AUTH_SOCK. */
  readonly agentSocket?: string;
  /** Replaces ~/.ssh/config and the system's file. */
  readonly configFile?: string;
  /** Replace the files that the config names. */
  readonly knownHosts?: readonly string[];
}

const SYSTEM_FILES = ["/etc/ssh/ssh_config"];
/** In OpenSSH's order. */
const DEFAULT_KEYS = ["rsa", "ecdsa", "ecdsa_sk", "ed25519", "ed25519_sk"].map((type) => `~/.ssh/id_${type}`);
/** A default key in the output of `ssh -G`, for all versions of OpenSSH. */
const DEFAULT_KEY = /^~\/\.ssh\/id_(rsa|dsa|xmss|ecdsa|ed25519)(_sk)?$/;
const DEFAULT_KNOWN = "~/.ssh/known_hosts ~/.ssh/known_hosts2";
const DEFAULT_GLOBAL = "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2";

/** Resolves the login of a host. Runs `ssh -G` only if the config files may change it. */
export async function resolveConfig(request: ConfigRequest, sources: ConfigSources): Promise<HostConfig> {
  const args = argsOf(request, sources);
  const { options, understood, configFile } = parseArgs(args);
  const files = configFile === undefined ? [`${homedir()}/.ssh/config`, ...SYSTEM_FILES] : [configFile];
  const found = linesForHost(
    files.filter((file) => file !== "none"),
    request.host,
  );
  const explicit = options.get("gssapiauthentication")?.[0] === "yes";
  if (understood && !found.needsSsh) {
    const own =
      found.hashKnownHosts && !options.has("hashknownhosts") ? [["hashknownhosts", ["yes"]] as const] : [];
    return makeConfig(new Map([...options, ...own]), request, sources, explicit);
  }
  const dump = await effectiveConfig(args, request.host, found.lines);
  if (typeof dump !== "string") return makeConfig(dump ?? options, request, sources, explicit);
  return { ...makeConfig(options, request, sources, explicit), refused: dump };
}

/** A request as options of `ssh`. The fields come before `args`, because the first value of an option counts. */
export function argsOf(request: ConfigRequest, sources: ConfigSources): readonly string[] {
  const { port, user, keyFile } = request;
  return [
    ...(sources.configFile === undefined ? [] : ["-F", sources.configFile]),
    ...(port === undefined ? [] : ["-o", `Port=${port}`]),
    ...(user === undefined ? [] : ["-o", `User=${user}`]),
    ...(keyFile === undefined ? [] : ["-o", `IdentityFile=${keyFile}`]),
    ...(request.args ?? []),
  ];
}

/** The config file of a request (`-F`) or of the sources. Undefined: the user's and the system's files. */
export function configFileOf(request: ConfigRequest, sources: ConfigSources): string | undefined {
  return parseArgs(argsOf(request, sources)).configFile;
}

function makeConfig(
  options: Options,
  request: ConfigRequest,
  sources: ConfigSources,
  gssapi: boolean,
): HostConfig {
  const first = (keyword: string): string | undefined => {
    const value = options.get(keyword)?.[0];
    return value === undefined || value === "" || value.toLowerCase() === "none" ? undefined : value;
  };
  const user = request.user ?? first("user") ?? userInfo().username;
  const host = (first("hostname") ?? request.host).replaceAll("%h", request.host);
  const tokens = { host, port: request.port ?? Number(first("port") ?? "22"), user, alias: request.host };
  const alias = first("hostkeyalias");
  const allowed = allowedOf(options);
  const methods = methodsOf(options);
  const openSshOnly = openSshOnlyOption(options, gssapi);
  return {
    host,
    port: tokens.port,
    user,
    family: familyOf(first("addressfamily")),
    ...keysOf(options, request, sources, tokens),
    identitiesOnly: first("identitiesonly") === "yes",
    knownHosts: sources.knownHosts ?? knownHostsOf(options, tokens),
    hashKnownHosts: first("hashknownhosts") === "yes",
    jumps: (first("proxyjump") ?? "")
      .split(",")
      .filter((jump) => jump !== "")
      .map((jump) => expandTokens(jump, tokens)),
    ...(alias === undefined ? {} : { hostKeyAlias: alias }),
    ...(allowed === undefined ? {} : { allowed }),
    ...(methods === undefined ? {} : { methods }),
    ...(openSshOnly === undefined ? {} : { openSshOnly }),
  };
}

function keysOf(
  options: Options,
  { keyFile }: ConfigRequest,
  { agentSocket }: ConfigSources,
  tokens: Tokens,
): Pick<HostConfig, "identityFiles" | "namedKeys" | "agent"> {
  // Relative to the current folder, as in OpenSSH. Messages show the absolute path.
  const keyPath = (path: string): string => resolve(expandPath(path, tokens));
  const keys = (options.get("identityfile") ?? DEFAULT_KEYS).filter((path) => path !== "none");
  const agent = agentOf(options.get("identityagent")?.[0], agentSocket);
  return {
    identityFiles: keys.map(keyPath),
    namedKeys: keys.filter((key) => key === keyFile || !DEFAULT_KEY.test(key)).map(keyPath),
    ...(agent === undefined ? {} : { agent: expandPath(agent, tokens) }),
  };
}

function knownHostsOf(options: Options, tokens: Tokens): readonly string[] {
  const user = options.get("userknownhostsfile")?.[0] ?? DEFAULT_KNOWN;
  const global = options.get("globalknownhostsfile")?.[0] ?? DEFAULT_GLOBAL;
  return `${user} ${global}`
    .split(/\s+/)
    .filter((path) => path !== "" && path !== "none")
    .map((path) => expandPath(path, tokens));
}

function familyOf(word: string | undefined): 0 | 4 | 6 {
  if (word === "inet") return 4;
  return word === "inet6" ? 6 : 0;
}

function agentOf(value: string | undefined, socket: string | undefined): string | undefined {
  if (value === undefined || value === "SSH_AUTH_SOCK" || value === "$SSH_AUTH_SOCK") return socket;
  if (value === "none") return undefined;
  return value.startsWith("$") ? process.env[value.slice(1)] : value;
}

/** `ssh -G` prints full lists, with `+`, `-` and `^` applied. Without `ssh`, such lists have no effect. */
function allowedOf(options: Options): HostConfig["allowed"] {
  const list = (keyword: string): readonly string[] => {
    const value = options.get(keyword)?.[0] ?? "";
    return /^[+^-]/.test(value) ? [] : value.split(",").filter((name) => name !== "");
  };
  const allowed = {
    kex: list("kexalgorithms"),
    cipher: list("ciphers"),
    mac: list("macs"),
    hostKey: list("hostkeyalgorithms"),
  };
  return Object.values(allowed).every((names) => names.length === 0) ? undefined : allowed;
}

interface Tokens {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly alias: string;
}

/** Expands `~/`, tokens and `${NAMES}` in a path of ssh_config. */
function expandPath(path: string, tokens: Tokens): string {
  const own = expandTokens(path.replace(/^~(?=\/|$)/, homedir()), tokens);
  return own.replace(/\$\{(\w+)\}/g, (text, name: string) => process.env[name] ?? text);
}

function expandTokens(text: string, { host, port, user, alias }: Tokens): string {
  const values: Readonly<Record<string, string>> = {
    d: homedir(),
    h: host,
    i: String(userInfo().uid),
    l: hostname(),
    L: hostname().replace(/\..*/, ""),
    n: alias,
    p: String(port),
    r: user,
    u: userInfo().username,
    "%": "%",
  };
  return text.replace(/%([dhilLnpru%])/g, (token, letter: string) => values[letter] ?? token);
}

/** A server's address for messages. */
export function where({ host, port }: { readonly host: string; readonly port: number }): string {
  return port === 22 ? host : `${host} port ${port}`;
}
