import { existsSync, readFileSync } from "node:fs";
import { keyType } from "../known-hosts.ts";

/** A private key file, read without its passphrase. */
export interface KeyFile {
  readonly path: string;
  readonly state:
    | "plain"
    | "encrypted"
    /** The key is in a FIDO device. Only OpenSSH can sign with it. */
    | "fido"
    | "missing"
    /** The file exists, or may exist, but could not be read. */
    | "unreadable";
  /** Why it is unreadable: "permission denied". */
  readonly reason?: string;
  /** Empty if the file is missing or unreadable. */
  readonly bytes: Buffer;
  /** The public key in wire format, if it is known. */
  readonly publicKey?: Buffer;
  /** True: there is a certificate beside the key. ssh2 does not support certificates. */
  readonly certified: boolean;
}

const files = new Map<string, KeyFile>();

/** Reads a key file. Each file is read once, because many hosts share few keys. */
export function readKeyFile(path: string): KeyFile {
  const present = files.get(path);
  if (present !== undefined) return present;
  const { bytes, problem } = read(path);
  const beside = read(`${path}.pub`).bytes.toString("utf8");
  const parsed = parseKeyFile(path, bytes, beside, existsSync(`${path}-cert.pub`));
  const file = problem === undefined ? parsed : { ...parsed, ...problem };
  files.set(path, file);
  return file;
}

interface Problem {
  readonly state: "missing" | "unreadable";
  readonly reason?: string;
}

function read(path: string): { readonly bytes: Buffer; readonly problem?: Problem } {
  try {
    return { bytes: readFileSync(path) };
  } catch (error) {
    return { bytes: Buffer.alloc(0), problem: problemOf(error) };
  }
}

function problemOf(error: unknown): Problem {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT" || code === "ENOTDIR") return { state: "missing" };
  const words: Readonly<Record<string, string>> = { EACCES: "permission denied", EISDIR: "it is a folder" };
  return { state: "unreadable", reason: words[code] ?? (code === "" ? String(error) : code) };
}

/** Parses a key file. `publicText`: the `.pub` file beside it, or "". */
export function parseKeyFile(path: string, bytes: Buffer, publicText: string, certified = false): KeyFile {
  const inner = openSshKey(bytes.toString("latin1"));
  const beside = Buffer.from(publicText.split(/\s+/)[1] ?? "", "base64");
  const publicKey = inner?.publicKey ?? (keyType(beside) === "" ? undefined : beside);
  const encrypted = inner?.encrypted ?? bytes.includes("ENCRYPTED");
  const fido = publicKey !== undefined && keyType(publicKey).startsWith("sk-");
  const state = fido ? "fido" : encrypted ? "encrypted" : "plain";
  return { path, state, bytes, certified, ...(publicKey === undefined ? {} : { publicKey }) };
}

/** OpenSSH's format starts with the cipher and the public key, which are not encrypted (PROTOCOL.key). */
function openSshKey(text: string): { readonly encrypted: boolean; readonly publicKey: Buffer } | undefined {
  const [, body] = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(text) ?? [];
  if (body === undefined) return undefined;
  const data = Buffer.from(body, "base64");
  const magic = "openssh-key-v1\0";
  if (data.toString("latin1", 0, magic.length) !== magic) return undefined;
  let at = magic.length;
  const field = (): Buffer => {
    const length = at + 4 <= data.length ? data.readUInt32BE(at) : 0;
    const value = data.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return value;
  };
  const cipher = field().toString("latin1");
  field(); // the name of the key derivation
  field(); // its options
  at += 4; // the number of keys: always one
  return { encrypted: cipher !== "none", publicKey: field() };
}
