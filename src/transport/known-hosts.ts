import { createHash, createHmac } from "node:crypto";
import { canonicalAddress } from "../base/ip.ts";
import { unreachable } from "../base/result.ts";

/** One usable line of a known_hosts file. */
export interface KnownHost {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  readonly marker?: "cert-authority" | "revoked";
  readonly names: Names;
  /** "ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"… */
  readonly type: string;
  /** The public key in SSH's wire format. */
  readonly key: Buffer;
}

type Names =
  | { readonly type: "hashed"; readonly salt: Buffer; readonly hash: Buffer }
  | { readonly type: "patterns"; readonly wanted: readonly RegExp[]; readonly excluded: readonly RegExp[] };

/** What known_hosts says about the key of a host. */
export type Verdict =
  | { readonly type: "ok" }
  /** `authority`: a line that trusts a certificate authority for this host. Only OpenSSH can check certificates. */
  | { readonly type: "unknown"; readonly authority?: KnownHost }
  /** The host has other known keys, but not this one. */
  | { readonly type: "changed"; readonly known: KnownHost }
  | { readonly type: "revoked"; readonly known: KnownHost };

/** Parses a known_hosts file. Skips bad lines, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  const entries: KnownHost[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const entry = parseLine(line.trim(), file, index + 1);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

function parseLine(text: string, file: string, line: number): KnownHost | undefined {
  if (text === "" || text.startsWith("#")) return undefined;
  const words = text.split(/[ \t]+/);
  const first = words[0] ?? "";
  const marker = first.startsWith("@") ? parseMarker(words.shift() ?? "") : "none";
  const [hosts, type, encoded] = words;
  if (marker === undefined || hosts === undefined || type === undefined || encoded === undefined)
    return undefined;
  const names = parseNames(hosts);
  const key = Buffer.from(encoded, "base64");
  if (names === undefined || keyType(key) !== type) return undefined;
  return { file, line, names, type, key, ...(marker === "none" ? {} : { marker }) };
}

function parseMarker(word: string): KnownHost["marker"] {
  if (word === "@cert-authority") return "cert-authority";
  return word === "@revoked" ? "revoked" : undefined;
}

function parseNames(hosts: string): Names | undefined {
  if (hosts.startsWith("|")) {
    const [empty, version, salt, hash, ...rest] = hosts.split("|");
    if (empty !== "" || version !== "1" || salt === undefined || hash === undefined || rest.length > 0)
      return undefined;
    return { type: "hashed", salt: Buffer.from(salt, "base64"), hash: Buffer.from(hash, "base64") };
  }
  const patterns = hosts.split(",").filter((word) => word !== "");
  return {
    type: "patterns",
    wanted: patterns.filter((word) => !word.startsWith("!")).map(wildcard),
    excluded: patterns.filter((word) => word.startsWith("!")).map((word) => wildcard(word.slice(1))),
  };
}

/** Compiles a host pattern of OpenSSH: `*` matches any characters, `?` one. Ignores case. */
export function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "i");
}

/** The algorithm name at the start of a key in wire format; "" if there is none. */
export function keyType(key: Uint8Array): string {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.length);
  if (bytes.length < 4) return "";
  const length = bytes.readUInt32BE(0);
  return length > 64 || bytes.length < 4 + length ? "" : bytes.toString("latin1", 4, 4 + length);
}

/** The fingerprint as `ssh-keygen -l` prints it: "SHA256:" and base64 without padding. */
export function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The name of a host in known_hosts: `name` for port 22, else `[name]:port`. IPv6 addresses are shortened, as in OpenSSH. */
export function knownName(host: string, port: number): string {
  const name = canonicalAddress(host).toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

function isNamed({ names }: KnownHost, name: string): boolean {
  switch (names.type) {
    case "hashed":
      return createHmac("sha1", names.salt).update(name).digest().equals(names.hash);
    case "patterns":
      return names.wanted.some((p) => p.test(name)) && !names.excluded.some((p) => p.test(name));
    default:
      return unreachable(names);
  }
}

/** The entries of a host. `name`: the result of `knownName`, or a HostKeyAlias. */
export function entriesFor(entries: readonly KnownHost[], name: string): readonly KnownHost[] {
  return entries.filter((entry) => isNamed(entry, name));
}

/**
 * Checks the key of a host. `named`: the entries for its name. `portless`: the entries for the name without the port, if the
 * port is not 22. As in OpenSSH, `portless` entries can only accept or revoke a key.
 */
export function checkHostKey(
  named: readonly KnownHost[],
  key: Uint8Array,
  portless: readonly KnownHost[] = [],
): Verdict {
  const shown = Buffer.from(key.buffer, key.byteOffset, key.length);
  const same = [...named, ...portless].filter((entry) => entry.key.equals(shown));
  const revoked = same.find((entry) => entry.marker === "revoked");
  if (revoked !== undefined) return { type: "revoked", known: revoked };
  if (same.some((entry) => entry.marker === undefined)) return { type: "ok" };
  const plain = named.filter((entry) => entry.marker === undefined);
  const type = keyType(key);
  // The known key types were requested first. A host that shows another type has changed its keys.
  const known = plain.find((entry) => entry.type === type) ?? plain[0];
  if (known !== undefined) return { type: "changed", known };
  const authority = named.find((entry) => entry.marker === "cert-authority");
  return authority === undefined ? { type: "unknown" } : { type: "unknown", authority };
}

/** Signature algorithms for each key type, best first. Ed25519 is the cheapest to check. SHA-1 is left out. */
const ALGORITHMS: readonly (readonly [type: string, algorithms: readonly string[]])[] = [
  ["ssh-ed25519", ["ssh-ed25519"]],
  ["ecdsa-sha2-nistp256", ["ecdsa-sha2-nistp256"]],
  ["ecdsa-sha2-nistp384", ["ecdsa-sha2-nistp384"]],
  ["ecdsa-sha2-nistp521", ["ecdsa-sha2-nistp521"]],
  ["ssh-rsa", ["rsa-sha2-512", "rsa-sha2-256"]],
];

/** The host key algorithms to request. Known types come first, so that the host shows a key that can be checked. */
export function hostKeyAlgorithms(named: readonly KnownHost[]): readonly string[] {
  const known = new Set(named.filter((entry) => entry.marker === undefined).map((entry) => entry.type));
  const first = ALGORITHMS.filter(([type]) => known.has(type));
  const rest = ALGORITHMS.filter(([type]) => !known.has(type));
  return [...first, ...rest].flatMap(([, algorithms]) => algorithms);
}

/** The known_hosts line for a key. `salt`: 20 random bytes to hash the name with (HashKnownHosts). */
export function knownHostLine(name: string, key: Uint8Array, salt?: Uint8Array): string {
  const hashed = (bytes: Uint8Array): string =>
    `|1|${Buffer.from(bytes).toString("base64")}|${createHmac("sha1", bytes).update(name).digest("base64")}`;
  return `${salt === undefined ? name : hashed(salt)} ${keyType(key)} ${Buffer.from(key).toString("base64")}\n`;
}
