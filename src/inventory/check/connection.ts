import { LOGIN_ADDRESS_VARIABLES } from "../../base/address.ts";
import { didYouMean, type HostProblem, hostProblem } from "../../base/diagnostic.ts";
import { nearest } from "../../base/nearest.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { Host, Variable } from "../../model/inventory.ts";
import type { Target } from "../../transport/transport.ts";
import { typeName } from "../parse/node.ts";
import { addressProblems } from "./address.ts";

/** How to reach a host: over SSH, or right here. */
export interface Connection {
  readonly connection: "ssh" | "local";
  readonly target: Target;
}

/** The `ansible_*` variables that are used; all others are left alone. Of several names for one, the one wins that wins in Ansible. */
export const CONNECTION_VARIABLES: ReadonlySet<string> = new Set([
  "ansible_become",
  "ansible_become_method",
  "ansible_become_pass",
  "ansible_become_password",
  "ansible_become_user",
  "ansible_connection",
  "ansible_host",
  "ansible_password",
  "ansible_port",
  "ansible_private_key_file",
  "ansible_ssh_args",
  "ansible_ssh_common_args",
  "ansible_ssh_extra_args",
  "ansible_ssh_host",
  "ansible_ssh_pass",
  "ansible_ssh_password",
  "ansible_ssh_port",
  "ansible_ssh_private_key_file",
  "ansible_ssh_user",
  "ansible_sudo_pass",
  "ansible_sudo_user",
  "ansible_user",
]);

/** Values of `ansible_connection` that log in with SSH. */
export const SSH_CONNECTIONS: ReadonlySet<string> = new Set([
  "ssh",
  "smart",
  "paramiko",
  "paramiko_ssh",
  "ansible.builtin.ssh",
  "ansible.builtin.paramiko_ssh",
  "ansible.legacy.ssh",
]);

const LOCAL_CONNECTIONS: ReadonlySet<string> = new Set(["local", "ansible.builtin.local"]);

/** True for a way of reaching hosts that we have, or a misspelt one. */
export function mayBeReached(connection: string): boolean {
  if (SSH_CONNECTIONS.has(connection) || LOCAL_CONNECTIONS.has(connection)) return true;
  return nearest(connection, ["ssh", "local"]) !== undefined;
}

const TRUE = /^(?:yes|true|on|y|t|1)$/i;
const FALSE = /^(?:no|false|off|n|f|0)$/i;

/** Reads one host's variables, collecting what is wrong. */
interface Reader {
  readonly host: Host;
  readonly problems: HostProblem[];
}

/** Where a host is and how to log in, from its `ansible_*` variables. All errors of the host at once. */
export function targetOf(host: Host): Result<Connection, readonly HostProblem[]> {
  const reader: Reader = { host, problems: [] };
  const connection = connectionOf(reader);
  const port = portOf(reader);
  const user = text(reader, "ansible_ssh_user", "ansible_user");
  const keyFile = text(reader, "ansible_ssh_private_key_file", "ansible_private_key_file");
  const sudoPassword = secret(reader, "ansible_sudo_pass", "ansible_become_pass", "ansible_become_password");
  const password = secret(reader, "ansible_ssh_password", "ansible_ssh_pass", "ansible_password");
  const argsNames = ["ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"];
  const sshArgs = argsNames.flatMap((name) => words(reader, name));
  const target: Target = {
    name: host.name,
    host: text(reader, ...LOGIN_ADDRESS_VARIABLES) ?? host.name,
    sudo: sudoOf(reader),
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(sshArgs.length === 0 ? {} : { sshArgs }),
    ...(sudoPassword === undefined ? {} : { sudoPassword }),
    ...(password === undefined ? {} : { password }),
  };
  const addresses = addressProblems(host);
  // Of one value, what it should be says more than what it must not hold.
  const others = reader.problems.filter(({ source }) => !addresses.some((one) => one.source === source));
  const problems = [...addresses, ...others];
  return problems.length > 0 ? err(problems) : ok({ connection, target });
}

/** The variable under the first of its names that is set to something. */
function find(host: Host, names: readonly string[]): readonly [string, Variable] | undefined {
  for (const name of names) {
    const variable = host.vars.get(name);
    if (variable !== undefined && variable.value !== null) return [name, variable];
  }
  return undefined;
}

function complain(
  { host, problems }: Reader,
  [name, variable]: readonly [string, Variable],
  message: string,
  hint?: string,
): void {
  problems.push(hostProblem(host.name, `${name} ${message}`, variable.origin.source, hint));
}

function text(reader: Reader, ...names: readonly string[]): string | undefined {
  const found = find(reader.host, names);
  if (found === undefined) return undefined;
  const { value } = found[1];
  if (typeof value !== "string") {
    complain(reader, found, `must be text, this is ${typeName(value)}`, "put it in quotes");
  } else if (value === "" || value.startsWith("-") || /[\x00-\x1f\x7f]/.test(value)) {
    // A leading dash would be an option to ssh.
    complain(reader, found, "cannot be empty, start with a dash or hold control characters");
  } else return value;
  return undefined;
}

/** Passwords may be any text; their line is never shown. */
function secret(reader: Reader, ...names: readonly string[]): string | undefined {
  const found = find(reader.host, names);
  if (found === undefined) return undefined;
  const { value } = found[1];
  if (typeof value === "string") return value;
  complain(reader, found, "must be text", "put it in quotes: YAML reads it as something else");
  return undefined;
}

function portOf(reader: Reader): number | undefined {
  const found = find(reader.host, ["ansible_ssh_port", "ansible_port"]);
  if (found === undefined) return undefined;
  const { value } = found[1];
  const port = typeof value === "string" && /^[0-9]+$/.test(value) ? Number(value) : value;
  if (typeof port === "number" && Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  complain(reader, found, `must be a port from 1 to 65535, this is ${typeName(value)}`);
  return undefined;
}

function connectionOf(reader: Reader): "ssh" | "local" {
  const found = find(reader.host, ["ansible_connection"]);
  if (found === undefined) return "ssh";
  const { value } = found[1];
  if (LOCAL_CONNECTIONS.has(String(value))) return "local";
  if (SSH_CONNECTIONS.has(String(value))) return "ssh";
  const near = typeof value === "string" ? nearest(value, ["ssh", "local"]) : undefined;
  complain(reader, found, "must be ssh or local", didYouMean(near));
  return "ssh";
}

function sudoOf(reader: Reader): boolean {
  const user = find(reader.host, ["ansible_sudo_user", "ansible_become_user"]);
  if (user !== undefined && user[1].value !== "root") {
    complain(reader, user, "must be root: only root is supported", "leave it out");
  }
  const method = find(reader.host, ["ansible_become_method"]);
  const found = find(reader.host, ["ansible_become"]);
  if (found === undefined) return false;
  const value = String(found[1].value);
  if (FALSE.test(value)) return false;
  if (!TRUE.test(value))
    complain(reader, found, `must be true or false, this is ${typeName(found[1].value)}`);
  if (method !== undefined && method[1].value !== "sudo" && method[1].value !== "ansible.builtin.sudo") {
    complain(reader, method, "must be sudo: there is no other way to become root here");
  }
  return true;
}

/** Words of a command line as a POSIX shell splits them: quotes and backslashes, nothing is expanded. */
function words(reader: Reader, name: string): readonly string[] {
  const found = find(reader.host, [name]);
  if (found === undefined) return [];
  const { value } = found[1];
  const split = typeof value === "string" ? splitWords(value) : undefined;
  if (split !== undefined) return split;
  const message =
    typeof value === "string" ? "has a quote that is not closed" : `must be text, this is ${typeName(value)}`;
  complain(reader, found, message);
  return [];
}

function splitWords(text: string): readonly string[] | undefined {
  const piece = /"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'|\\([\s\S])|([^\s"'\\]+)|(\s+)/y;
  const result: string[] = [];
  let word: string | undefined;
  while (piece.lastIndex < text.length) {
    const match = piece.exec(text);
    if (match === null) return undefined;
    const [, double, single, escaped, bare, space] = match;
    if (space !== undefined && word !== undefined) result.push(word);
    const part = double?.replace(/\\(["\\$`])/g, "$1") ?? single ?? escaped ?? bare ?? "";
    word = space === undefined ? (word ?? "") + part : undefined;
  }
  if (word !== undefined) result.push(word);
  return result;
}
