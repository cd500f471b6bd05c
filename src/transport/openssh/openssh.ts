import { readFileSync } from "node:fs";
import type { Failure, FailureCode } from "../../model/failure.ts";
import { bootLine, newToken } from "../../script/frame.ts";
import { keyChanged } from "../host-keys.ts";
import { parseKnownHosts } from "../known-hosts.ts";
import { earlyDetail, explainEarlyEnd, tooManyKeys } from "../login-failures.ts";
import { spawnWire } from "../process-wire.ts";
import { openSession } from "../session.ts";
import { argsOf } from "../ssh/config.ts";
import type { Route } from "../ssh/jump-hosts.ts";
import { parseArgs } from "../ssh/options.ts";
import type { RouteOptions } from "../ssh/router.ts";
import { becomeRoot } from "../sudo.ts";
import type { Session, Target } from "../transport.ts";
import type { EarlyOutput, WireEnd } from "../wire.ts";
import { configForHops } from "./config.ts";
import { forcedFlags, forcedOptions, withoutInteractive } from "./options.ts";

/** Starts the protocol on a host. `deadline`: milliseconds. The first request reports failures of the login. */
export type OpenSsh = (target: Target, route: Route, deadline: number) => Session;

/** Connects with the system's `ssh`. It has all features, but costs one process for each host. */
export function createOpenSsh(options: RouteOptions): OpenSsh {
  return (target, route, deadline) => {
    const token = newToken();
    const { elevation, sudo } = becomeRoot(target, target.user === "root", token);
    const file = fileOf(target, route, options, deadline);
    const words = sshWords(target, { ...options, ...file }, deadline, bootLine(token, elevation));
    const wire = spawnWire(words, (end, early) => explain(target, elevation.type !== "none", end, early));
    return openSession(wire, {
      host: target.name,
      token,
      // The timeout of `ssh` must pass first, because `ssh` knows whether the host answered at all.
      helloWithin: Math.ceil(deadline / 1000) * 1000 + 2000,
      ...(sudo === undefined ? {} : { sudo }),
    });
  };
}

/** Jump hosts get their options through a config file. Without jump hosts, `ssh` reads the user's own files. */
function fileOf(
  { sshArgs = [] }: Target,
  { hops }: Route,
  options: RouteOptions,
  deadline: number,
): { readonly hopsFile?: string } {
  if (hops.length === 0) return {};
  const base = parseArgs(sshArgs).configFile ?? options.configFile;
  return { hopsFile: configForHops(base, forcedOptions(options, deadline)) };
}

/** The `ssh` command. `hopsFile` replaces all other config files. */
export function sshWords(
  target: Target,
  options: RouteOptions & { readonly hopsFile?: string },
  deadline: number,
  line: string,
): readonly string[] {
  const { host, port, user, keyFile, sshArgs } = target;
  const own = argsOf(
    {
      host,
      ...(port === undefined ? {} : { port }),
      ...(user === undefined ? {} : { user }),
      ...(keyFile === undefined ? {} : { keyFile }),
      ...(sshArgs === undefined ? {} : { args: withoutInteractive(sshArgs) }),
    },
    options,
  );
  const forced = forcedOptions(options, deadline).flatMap((option) => ["-o", option]);
  // The last `-F` counts.
  const file = options.hopsFile === undefined ? [] : ["-F", options.hopsFile];
  return ["ssh", ...forced, ...own, ...file, ...forcedFlags, "--", host, line];
}

/** Error messages of `ssh` and their failures. The first match counts. */
const ERRORS: readonly (readonly [RegExp, FailureCode, string])[] = [
  [/REVOKED HOST KEY|marked as revoked/i, "host-key-revoked", "the host key is marked @revoked"],
  [/HOST IDENTIFICATION HAS CHANGED/i, "host-key-changed", "the host key has changed"],
  [/Host key verification failed|host key is known for/i, "host-key-unknown", "the host key is not known"],
  [/Permission denied|Too many authentication failures/i, "login-refused", "the login was refused"],
  [
    /Connection (refused|timed out|reset|closed)|Could not resolve|No route to host|Network is unreachable|timed out|kex_exchange|Unable to negotiate/i,
    "unreachable",
    "the host cannot be reached",
  ],
];

function explain(target: Target, sudo: boolean, end: WireEnd, early: EarlyOutput): Failure {
  if (end.code === 127 && end.reason !== undefined) {
    return {
      code: "unreachable",
      message: `${target.name}: could not start the program ssh`,
      detail: end.reason,
    };
  }
  // 255 comes from `ssh` itself, any other code from the remote command.
  if (end.code !== 255) return explainEarlyEnd(target.name, sudo, end, early);
  const [, code, words] =
    ERRORS.find(([pattern]) => pattern.test(early.stderr)) ??
    ([/$/, "unreachable", "ssh ended early"] as const);
  const plain: Failure = {
    code,
    message: `${target.name}: ${words}`,
    ...earlyDetail(early),
    ...hintFor(code, target, early),
  };
  return code === "host-key-changed" ? changedKey(target, early, plain) : plain;
}

function hintFor(code: FailureCode, target: Target, early: EarlyOutput): { readonly hint?: string } {
  if (code === "host-key-unknown")
    return {
      hint: "compare the fingerprint with the host's own, then run again with --accept-new-host-keys",
    };
  if (code !== "login-refused") return {};
  if (/Too many authentication failures/i.test(early.stderr)) return { hint: tooManyKeys(false) };
  return {
    hint:
      target.password === undefined
        ? "check ansible_user and the key"
        : "provision cannot give a password to OpenSSH: use a key, or --transport ssh",
  };
}

/** `ssh` prints the new fingerprint and the line of the old key. The old fingerprint comes from that line. */
function changedKey(target: Target, early: EarlyOutput, plain: Failure): Failure {
  const [, type, shown] =
    /fingerprint for the (\S+) key sent by the remote host is\s+(\S+?)\.?\s/.exec(early.stderr) ?? [];
  const [, file, line] = /Offending .*key in (.+):([0-9]+)/.exec(early.stderr) ?? [];
  const [, removed] = /ssh-keygen .*-R "?([^"\n]+)"?/.exec(early.stderr) ?? [];
  if (type === undefined || shown === undefined || file === undefined) return plain;
  const known = knownAt(file.trim(), Number(line));
  if (known === undefined) return plain;
  const owner = { label: target.name, host: target.host, port: target.port ?? 22 };
  return keyChanged(owner, removed ?? target.host, `${type} ${shown}`, known);
}

function knownAt(file: string, line: number): ReturnType<typeof parseKnownHosts>[number] | undefined {
  try {
    return parseKnownHosts(readFileSync(file, "utf8"), file).find((entry) => entry.line === line);
  } catch {
    return undefined;
  }
}
