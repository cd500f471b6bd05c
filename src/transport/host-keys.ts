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
  entriesFor,
  fingerprint,
  hostKeyAlgorithms,
  judge,
  type KnownHost,
  keyType,
  knownHostLine,
  knownName,
  parseKnownHosts,
  type Verdict,
} from "./known-hosts.ts";

/** Where host keys are looked up, and what becomes of unknown ones. */
export interface TrustPolicy {
  /** The user's files first; a new key is added to the first. */
  readonly files: readonly string[];
  readonly acceptNew: boolean;
  /** Hash the names of new keys. */
  readonly hash: boolean;
}

/** One host, as known_hosts may name it. */
export interface KeyOwner {
  /** The inventory's name, for messages. */
  readonly label: string;
  readonly host: string;
  readonly port: number;
  /** ssh_config's HostKeyAlias. */
  readonly alias?: string;
}

/** What is known of one host before it is contacted. */
export interface Trust {
  readonly algorithms: readonly string[];
  /** True: only a certificate authority is known for it, so that only OpenSSH can verify it. */
  readonly authorityOnly: boolean;
  /** Judges the key the host shows, before the login. Adds an unknown one if the policy accepts it. */
  verify(key: Uint8Array): Promise<Result<true, Failure>>;
}

interface Cached {
  readonly stamp: string;
  readonly entries: readonly KnownHost[];
}

const cache = new Map<string, Cached>();

/** Reads a file again only when it changed. A file that is missing or unreadable knows nobody. */
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

/** Looks a host up. */
export function lookUp(owner: KeyOwner, policy: TrustPolicy): Trust {
  const entries = policy.files.flatMap(readKnownHosts);
  const name = owner.alias ?? knownName(owner.host, owner.port);
  const named = entriesFor(entries, name);
  const portless =
    owner.alias === undefined && owner.port !== 22 ? entriesFor(entries, knownName(owner.host, 22)) : [];
  return {
    algorithms: hostKeyAlgorithms([...named, ...portless]),
    authorityOnly: named.length > 0 && named.every((entry) => entry.marker === "cert-authority"),
    async verify(key) {
      const verdict = judge(named, key, portless);
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
        verdict.authority === undefined ? unknown(owner, key) : unverifiable(owner, key, verdict.authority),
      );
    case "changed":
      return err(changed(owner, name, describe(key), verdict.known));
    case "revoked":
      return err({
        code: "host-key-revoked",
        message: `${owner.label}: its host key ${describe(key)} is marked @revoked in ${place(verdict.known)}`,
      });
    default:
      return unreachable(verdict);
  }
}

const place = (known: KnownHost): string => `${known.file}:${known.line}`;
const describe = (key: Uint8Array): string => `${keyType(key)} ${fingerprint(key)}`;
const address = (owner: KeyOwner): string => `${owner.host} port ${owner.port}`;

function unknown(owner: KeyOwner, key: Uint8Array): Failure {
  return {
    code: "host-key-unknown",
    message: `${owner.label}: the host key of ${address(owner)} is not known: ${describe(key)}`,
    hint: "compare the fingerprint with the host's own, then run again with --accept-new-host-keys",
  };
}

function unverifiable(owner: KeyOwner, key: Uint8Array, authority: KnownHost): Failure {
  return {
    code: "host-key-unknown",
    message: `${owner.label}: ${place(authority)} trusts a certificate authority for ${address(owner)}, but the host shows a plain key: ${describe(key)}`,
    hint: "host certificates are checked by OpenSSH only: run with --transport openssh",
  };
}

/** The failure of a host whose key is not the one known. `shown`: type and fingerprint of the key it shows now. */
export function changed(owner: KeyOwner, name: string, shown: string, known: KnownHost): Failure {
  return {
    code: "host-key-changed",
    message: `${owner.label}: the host key of ${address(owner)} has changed`,
    detail: `known: ${describe(known.key)} (${place(known)})\nshown: ${shown}`,
    hint: `somebody may be listening in. If the host was installed anew: ssh-keygen -f ${known.file} -R '${name}'`,
  };
}

/** Milliseconds after which a lock is one that a dead process left: writing one line takes far less. */
const STALE = 10_000;

/** Adds a line at the end, never touching those there. The folder is made 0700 and the file 0600. */
async function appendKnownHost(file: string | undefined, line: string): Promise<Result<true, string>> {
  if (file === undefined) return err("no known_hosts file to add it to");
  // Whoever names /dev/null wants nothing remembered, as with OpenSSH.
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
    if (held !== undefined && Date.now() - held.mtimeMs > STALE) rmSync(lock, { force: true });
    await delay(5 + Math.random() * 20);
  }
}
