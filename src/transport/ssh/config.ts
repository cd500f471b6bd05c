import { homedir, hostname, userInfo } from "node:os";
import { resolve } from "node:path";
import { survey } from "./config-files.ts";
import { askSsh } from "./effective-config.ts";
import { lackOf, methodsOf } from "./openssh-only.ts";
import { type Options, parseArgs } from "./options.ts";

/** Where and how to log in, after the user's own ssh config had its say. */
export interface HostConfig {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** 4 or 6 if only one kind of address is wanted, else 0. */
  readonly family: 0 | 4 | 6;
  /** In the order of trying, absolute; not all need exist. */
  readonly identityFiles: readonly string[];
  /** Those of them that the inventory or the ssh config names: one that is missing is worth a word. */
  readonly namedKeys: readonly string[];
  readonly identitiesOnly: boolean;
  /** Path of the agent's socket. */
  readonly agent?: string;
  readonly knownHosts: readonly string[];
  readonly hostKeyAlias?: string;
  readonly hashKnownHosts: boolean;
  /** `[user@]host[:port]`, nearest to us first. */
  readonly jumps: readonly string[];
  /** Algorithms the config allows, where it was asked. */
  readonly allowed?: Readonly<Record<"kex" | "cipher" | "mac" | "hostKey", readonly string[]>>;
  /** Ways to log in that the config allows, best first, where it says. */
  readonly methods?: readonly string[];
  /** What only OpenSSH can do for this host. */
  readonly lacks?: string;
  /** What `ssh` says of options or config files that it does not take: nothing else here counts then. */
  readonly refused?: string;
}

/** What is asked for; everything but the host is optional and wins over the config files. */
export interface ConfigRequest {
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
  readonly keyFile?: string;
  /** Options of `ssh`, one word each. */
  readonly args?: readonly string[];
}

/** The machine's own settings, for the CLI to give and the tests to replace. */
export interface ConfigSources {
  /** SSH_AUTH_SOCK. */
  readonly agentSocket?: string;
  /** Instead of ~/.ssh/config and the system's file. */
  readonly configFile?: string;
  /** Instead of the files that the config names. */
  readonly knownHosts?: readonly string[];
}

const SYSTEM_FILES = ["/etc/ssh/ssh_config"];
/** OpenSSH's order. */
const DEFAULT_KEYS = ["rsa", "ecdsa", "ecdsa_sk", "ed25519", "ed25519_sk"].map((type) => `~/.ssh/id_${type}`);
/** A default key as `ssh -G` prints it where none was named, over all versions of OpenSSH. */
const DEFAULT_KEY = /^~\/\.ssh\/id_(rsa|dsa|xmss|ecdsa|ed25519)(_sk)?$/;
const DEFAULT_KNOWN = "~/.ssh/known_hosts ~/.ssh/known_hosts2";
const DEFAULT_GLOBAL = "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2";

/** Resolves a host: by itself where the config files cannot matter, else by asking `ssh -G`. */
export async function resolveConfig(request: ConfigRequest, sources: ConfigSources): Promise<HostConfig> {
  const args = argsOf(request, sources);
  const { options, understood, configFile } = parseArgs(args);
  const files = configFile === undefined ? [`${homedir()}/.ssh/config`, ...SYSTEM_FILES] : [configFile];
  const found = survey(
    files.filter((file) => file !== "none"),
    request.host,
  );
  const explicit = options.get("gssapiauthentication")?.[0] === "yes";
  if (understood && !found.matters) {
    const own =
      found.hashKnownHosts && !options.has("hashknownhosts") ? [["hashknownhosts", ["yes"]] as const] : [];
    return makeConfig(new Map([...options, ...own]), request, sources, explicit);
  }
  const dump = await askSsh(args, request.host, found.lines);
  if (typeof dump !== "string") return makeConfig(dump ?? options, request, sources, explicit);
  return { ...makeConfig(options, request, sources, explicit), refused: dump };
}

/** The options of `ssh` that say the same as a request. Those of the request come first, as the first one counts. */
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

/** The config file that a request names (`-F`), or that stands for it here; undefined: the user's own and the system's. */
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
  const lacks = lackOf(options, gssapi);
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
    ...(lacks === undefined ? {} : { lacks }),
  };
}

function keysOf(
  options: Options,
  { keyFile }: ConfigRequest,
  { agentSocket }: ConfigSources,
  tokens: Tokens,
): Pick<HostConfig, "identityFiles" | "namedKeys" | "agent"> {
  // As OpenSSH, from the current folder; absolute, so that a message shows where it was looked for.
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

/** `ssh -G` prints each list in full, with `+`, `-` and `^` worked out. Without `ssh` such a list cannot be obeyed. */
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

/** `~/`, the tokens and the `${NAMES}` that paths in ssh_config may hold. */
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
