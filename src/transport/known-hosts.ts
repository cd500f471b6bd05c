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
  /** The key as it travels on the wire. */
  readonly key: Buffer;
}

type Names =
  | { readonly type: "hashed"; readonly salt: Buffer; readonly hash: Buffer }
  | { readonly type: "patterns"; readonly wanted: readonly RegExp[]; readonly excluded: readonly RegExp[] };

/** What known_hosts says of a key that a host shows. */
export type Verdict =
  | { readonly type: "ok" }
  /** `authority`: a line that trusts a certificate authority for this host, which only OpenSSH can check. */
  | { readonly type: "unknown"; readonly authority?: KnownHost }
  /** Other keys are known for it, this one is not. */
  | { readonly type: "changed"; readonly known: KnownHost }
  | { readonly type: "revoked"; readonly known: KnownHost };

/** Reads a file's text. A line that cannot be understood is passed over, as OpenSSH does; the others count. */
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

/** OpenSSH's host patterns: `*` any characters, `?` one; letters in either case. */
export function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "i");
}

/** The algorithm name at the head of a key as it travels on the wire; "" where there is none. */
export function keyType(key: Uint8Array): string {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.length);
  if (bytes.length < 4) return "";
  const length = bytes.readUInt32BE(0);
  return length > 64 || bytes.length < 4 + length ? "" : bytes.toString("latin1", 4, 4 + length);
}

/** As `ssh-keygen -l` shows it: "SHA256:" and base64 without padding. */
export function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The name a host goes by in known_hosts: the plain name for port 22, else `[name]:port`. OpenSSH shortens IPv6 addresses too. */
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

/** The lines that speak of a host. `name` as `knownName` makes it, or a HostKeyAlias. */
export function entriesFor(entries: readonly KnownHost[], name: string): readonly KnownHost[] {
  return entries.filter((entry) => isNamed(entry, name));
}

/**
 * Judges the key a host shows. `named`: the lines for its name. `portless`: where the port is not 22, the lines for the name
 * without the port; like OpenSSH, they may vouch for a key or revoke it, and no more.
 */
export function judge(
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
  // A host whose known types were all asked for first, and which shows another, has changed as much as one with a new key.
  const known = plain.find((entry) => entry.type === type) ?? plain[0];
  if (known !== undefined) return { type: "changed", known };
  const authority = named.find((entry) => entry.marker === "cert-authority");
  return authority === undefined ? { type: "unknown" } : { type: "unknown", authority };
}

/** Signature algorithms for each key type, best first. Ed25519 first: it is the cheapest to check. SHA-1 is left out. */
const ALGORITHMS: readonly (readonly [type: string, algorithms: readonly string[]])[] = [
  ["ssh-ed25519", ["ssh-ed25519"]],
  ["ecdsa-sha2-nistp256", ["ecdsa-sha2-nistp256"]],
  ["ecdsa-sha2-nistp384", ["ecdsa-sha2-nistp384"]],
  ["ecdsa-sha2-nistp521", ["ecdsa-sha2-nistp521"]],
  ["ssh-rsa", ["rsa-sha2-512", "rsa-sha2-256"]],
];

/** Which host key to ask a host for: those known come first, so that the host shows the one that can be checked. */
export function hostKeyAlgorithms(named: readonly KnownHost[]): readonly string[] {
  const known = new Set(named.filter((entry) => entry.marker === undefined).map((entry) => entry.type));
  const first = ALGORITHMS.filter(([type]) => known.has(type));
  const rest = ALGORITHMS.filter(([type]) => !known.has(type));
  return [...first, ...rest].flatMap(([, algorithms]) => algorithms);
}

/** A line that makes a key known. `salt` (20 random bytes): hash the name, as HashKnownHosts asks. */
export function knownHostLine(name: string, key: Uint8Array, salt?: Uint8Array): string {
  const hashed = (bytes: Uint8Array): string =>
    `|1|${Buffer.from(bytes).toString("base64")}|${createHmac("sha1", bytes).update(name).digest("base64")}`;
  return `${salt === undefined ? name : hashed(salt)} ${keyType(key)} ${Buffer.from(key).toString("base64")}\n`;
}
