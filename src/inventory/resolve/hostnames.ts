import { isIPv6 } from "node:net";
import { err, ok, type Result } from "../../base/result.ts";

/** The limit of hosts in one range; more is a mistake in the numbers. */
const MAX_HOSTS = 100_000;

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const RANGE = String.raw`\[(?:[a-zA-Z]:[a-zA-Z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]`;
const LABEL = String.raw`(?:[\p{L}\p{N}_]|${RANGE})(?:[\p{L}\p{N}_-]|${RANGE})*(?<![_-])`;
const HOSTNAME = new RegExp(String.raw`^${LABEL}(?:\.${LABEL})*$`, "u");
const BRACKETED = /^\[(.+)\]:([0-9]+)$/;
const WITH_PORT = /^((?:[^:[\]]|\[[^\]]*\])*):([0-9]+)$/;

/** A name, with a port if there is one. */
export interface Address {
  readonly host: string;
  readonly port?: number;
}

/** Splits `name:port` and `[v6]:port`, also with ranges. Undefined: not an address in Ansible's syntax. */
export function parseAddress(text: string): Address | undefined {
  let host = text;
  let port: number | undefined;
  for (const pattern of [BRACKETED, WITH_PORT]) {
    const match = pattern.exec(host);
    if (match === null) continue;
    host = match[1] ?? "";
    port = Number(match[2]);
  }
  const sample = host.replace(/\[[0-9a-fA-F]+:[0-9a-fA-F]+(?::[0-9]+)?\]/g, "1");
  if (!HOSTNAME.test(host) && !(isIPv6(sample) && !sample.includes("%"))) return undefined;
  return port === undefined ? { host } : { host, port };
}

/** The hosts of one key under `hosts`. */
export interface HostPattern {
  readonly names: readonly string[];
  readonly port?: number;
}

/** Expands `web[01:20:2].example.com:2222`. The error is one sentence. */
export function expandHosts(pattern: string): Result<HostPattern, string> {
  const { host, port } = parseAddress(pattern) ?? { host: pattern };
  const names = host.includes("[") ? expand(host) : ok([host]);
  if (!names.ok) return names;
  for (const name of names.value) {
    const bad = badName(name);
    if (bad !== undefined) return err(bad);
  }
  if (port !== undefined && (port < 1 || port > 65535)) return err(`${port} is not a port`);
  return ok(port === undefined ? { names: names.value } : { names: names.value, port });
}

/** The error for an invalid host name; undefined: it is valid. */
export function badName(name: string): string | undefined {
  if (name === "") return "a host's name cannot be empty";
  if (/\s/.test(name)) return `a host's name cannot contain spaces: \`${name}\``;
  if (name.startsWith("-")) return `a host's name cannot start with a dash: \`${name}\``;
  if (/[/\\,\x00-\x1f\x7f]/.test(name))
    return `a host's name cannot contain commas, slashes or control characters: \`${name}\``;
  return undefined;
}

function expand(pattern: string): Result<readonly string[], string> {
  const open = pattern.indexOf("[");
  const close = pattern.indexOf("]", open);
  if (open === -1) return ok([pattern]);
  if (close === -1) return err(`the range in \`${pattern}\` has no end`);
  const values = rangeValues(pattern.slice(open + 1, close));
  if (!values.ok) return values;
  const tails = expand(pattern.slice(close + 1));
  if (!tails.ok) return tails;
  if (values.value.length * tails.value.length > MAX_HOSTS)
    return err(`\`${pattern}\` names more than ${MAX_HOSTS} hosts`);
  const head = pattern.slice(0, open);
  return ok(values.value.flatMap((value) => tails.value.map((tail) => head + value + tail)));
}

function rangeValues(range: string): Result<readonly string[], string> {
  const [first, last, stride, ...more] = range.split(":");
  if (first === undefined || last === undefined || more.length > 0) {
    return err(`a range is [first:last] or [first:last:step], not [${range}]`);
  }
  const step = stride === undefined ? 1 : /^[0-9]+$/.test(stride) ? Number(stride) : 0;
  if (step < 1) return err(`the step of [${range}] must be a whole number from 1 on`);
  if (last === "") return err(`the range [${range}] has no end`);
  if (/^[a-zA-Z]$/.test(first) && /^[a-zA-Z]$/.test(last)) return letters(first, last, step);
  const begin = first === "" ? "0" : first;
  if (!/^[0-9]+$/.test(begin) || !/^[0-9]+$/.test(last)) {
    return err(`a range goes between two numbers or two letters, not [${range}]`);
  }
  return numbers(begin, last, step);
}

function letters(first: string, last: string, step: number): Result<readonly string[], string> {
  const begin = LETTERS.indexOf(first);
  const end = LETTERS.indexOf(last);
  if (begin > end) return err(`the range [${first}:${last}] is in descending order`);
  return ok([...LETTERS.slice(begin, end + 1)].filter((_, index) => index % step === 0));
}

function numbers(first: string, last: string, step: number): Result<readonly string[], string> {
  const padded = first.length > 1 && first.startsWith("0");
  if (padded && first.length !== last.length) {
    return err(`with leading zeros both ends of [${first}:${last}] need the same number of digits`);
  }
  const begin = Number(first);
  const end = Number(last);
  if (begin > end)
    return err(`the range [${first}:${last}] is in descending order, so it would name no host`);
  if ((end - begin) / step > MAX_HOSTS)
    return err(`the range [${first}:${last}] names more than ${MAX_HOSTS} hosts`);
  const values: string[] = [];
  for (let value = begin; value <= end; value += step) {
    values.push(padded ? String(value).padStart(first.length, "0") : String(value));
  }
  return ok(values);
}
