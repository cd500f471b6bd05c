import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { err, ok, type Result, unreachable } from "../base/result.ts";
import type { Failure } from "../model/failure.ts";
import {
  checkHostKey,
  entriesFor,
  fingerprint,
  hostKeyAlgorithms,
  type KnownHost,
  keyType,
  knownHostLine,
  knownName,
  parseKnownHosts,
  type Verdict,
} from "./known-hosts.ts";

/** Which files hold the host keys, and what to do with unknown keys. */
export interface TrustPolicy {
  /** The user's files first. A new key is added to the first file. */
  readonly files: readonly string[];
  readonly acceptNew: boolean;
  /** Hash the names of new keys. */
  readonly hash: boolean;
}

/** The names of one host: for messages and for known_hosts. */
export interface KeyOwner {
  /** The inventory's name, for messages. */
  readonly label: string;
  readonly host: string;
  readonly port: number;
  /** ssh_config's HostKeyAlias. */
  readonly alias?: string;
}

/** What known_hosts says about one host. */
export interface Trust {
  readonly algorithms: readonly string[];
  /** True: known_hosts has only a certificate authority for this host. Only OpenSSH can check its certificate. */
  readonly authorityOnly: boolean;
  /** Checks the host's key before the login. Adds an unknown key if the policy accepts it. */
  verify(key: Uint8Array): Promise<Result<true, Failure>>;
}

interface Cached {
  readonly stamp: string;
  readonly entries: readonly KnownHost[];
}

const cache = new Map<string, Cached>();

/** Reads a file again only after a change. A missing or unreadable file has no entries. */
function readKnownHosts(file: string): readonly KnownHost[] {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    const stamp = `${mtimeMs} ${size} ${ino}`;
    const cached = cache.get(file);
    if (cached?.stamp === stamp) return cached.entries;
    const entries = parseKnownHosts(readFileSync(file, "utf8"), file);
    cache.set(file, { stamp, entries });
    return entries;
  } catch {
    return [];
  }
}

/** Looks up a host in the known_hosts files. */
export function lookUpHost(owner: KeyOwner, policy: TrustPolicy): Trust {
  const entries = policy.files.flatMap(readKnownHosts);
  const name = owner.alias ?? knownName(owner.host, owner.port);
  const named = entriesFor(entries, name);
  const portless =
    owner.alias === undefined && owner.port !== 22 ? entriesFor(entries, knownName(owner.host, 22)) : [];
  return {
    algorithms: hostKeyAlgorithms([...named, ...portless]),
    authorityOnly: named.length > 0 && named.every((entry) => entry.marker === "cert-authority"),
    async verify(key) {
      const verdict = checkHostKey(named, key, portless);
      if (verdict.type !== "unknown" || !policy.acceptNew || verdict.authority !== undefined) {
        return refusal(verdict, owner, name, key);
      }
      const added = await appendKnownHost(
        policy.files[0],
        knownHostLine(name, key, policy.hash ? randomBytes(20) : undefined),
      );
      return added.ok ? ok(true) : err({ ...unknown(owner, key), detail: added.error });
    },
  };
}

function refusal(verdict: Verdict, owner: KeyOwner, name: string, key: Uint8Array): Result<true, Failure> {
  switch (verdict.type) {
    case "ok":
      return ok(true);
    case "unknown":
      return err(
        verdict.authority === undefined
          ? unknown(owner, key)
          : certificateRequired(owner, key, verdict.authority),
      );
    case "changed":
      return err(keyChanged(owner, name, keyText(key), verdict.known));
    case "revoked":
      return err({
        code: "host-key-revoked",
        message: `${owner.label}: the host key ${keyText(key)} is marked @revoked in ${lineOf(verdict.known)}`,
      });
    default:
      return unreachable(verdict);
  }
}

const lineOf = (known: KnownHost): string => `${known.file}:${known.line}`;
const keyText = (key: Uint8Array): string => `${keyType(key)} ${fingerprint(key)}`;
const address = (owner: KeyOwner): string => `${owner.host} port ${owner.port}`;

function unknown(owner: KeyOwner, key: Uint8Array): Failure {
  return {
    code: "host-key-unknown",
    message: `${owner.label}: the host key of ${address(owner)} is not known: ${keyText(key)}`,
    hint: "compare the fingerprint with the host's own, then run again with --accept-new-host-keys",
  };
}

function certificateRequired(owner: KeyOwner, key: Uint8Array, authority: KnownHost): Failure {
  return {
    code: "host-key-unknown",
    message: `${owner.label}: ${lineOf(authority)} trusts a certificate authority for ${address(owner)}, but the host shows a plain key: ${keyText(key)}`,
    hint: "only OpenSSH checks host certificates: run with --transport openssh",
  };
}

/** The failure of a host whose key differs from the known one. `shown`: type and fingerprint of its key now. */
export function keyChanged(owner: KeyOwner, name: string, shown: string, known: KnownHost): Failure {
  return {
    code: "host-key-changed",
    message: `${owner.label}: the host key of ${address(owner)} has changed`,
    detail: `known: ${keyText(known.key)} (${lineOf(known)})\nshown: ${shown}`,
    hint: `somebody may intercept the connection. If the host was reinstalled: ssh-keygen -f ${known.file} -R '${name}'`,
  };
}

/** An older lock belongs to a dead process: writing one line takes far less time. */
const STALE_LOCK_MS = 10_000;

/** Adds a line at the end and leaves the other lines alone. Creates the folder with mode 0700 and the file with 0600. */
async function appendKnownHost(file: string | undefined, line: string): Promise<Result<true, string>> {
  if (file === undefined) return err("there is no known_hosts file to add the key to");
  // As in OpenSSH, /dev/null means that new keys are not stored.
  if (file === "/dev/null") return ok(true);
  const lock = `${file}.lock`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    await takeLock(lock);
  } catch (error) {
    return err(String(error));
  }
  try {
    const text = existsSync(file) ? readFileSync(file, "latin1") : "";
    appendFileSync(file, text === "" || text.endsWith("\n") ? line : `\n${line}`, { mode: 0o600 });
    return ok(true);
  } catch (error) {
    return err(String(error));
  } finally {
    rmSync(lock, { force: true });
  }
}

async function takeLock(lock: string): Promise<void> {
  for (;;) {
    try {
      writeFileSync(lock, "", { flag: "wx", mode: 0o600 });
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const held = statSync(lock, { throwIfNoEntry: false });
    if (held !== undefined && Date.now() - held.mtimeMs > STALE_LOCK_MS) rmSync(lock, { force: true });
    await delay(5 + Math.random() * 20);
  }
}
