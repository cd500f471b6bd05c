import { LOGIN_ADDRESS_VARIABLES } from "../../base/address.ts";
import { didYouMean, type HostProblem, hostProblem } from "../../base/diagnostic.ts";
import { nearest } from "../../base/nearest.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { Host, Variable } from "../../model/inventory.ts";
import type { Target } from "../../transport/transport.ts";
import { typeName } from "../parse/node.ts";
import { addressProblems } from "./address.ts";

/** The connection to a host: over SSH, or local. */
export interface Connection {
  readonly connection: "ssh" | "local";
  readonly target: Target;
}

/** The used `ansible_*` variables. Of several names for one setting, the same one wins as in Ansible. */
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

/** Values of `ansible_connection` for SSH. */
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

/** True for a supported connection, also if misspelt. */
export function isSupportedConnection(connection: string): boolean {
  if (SSH_CONNECTIONS.has(connection) || LOCAL_CONNECTIONS.has(connection)) return true;
  return nearest(connection, ["ssh", "local"]) !== undefined;
}

const TRUE = /^(?:yes|true|on|y|t|1)$/i;
const FALSE = /^(?:no|false|off|n|f|0)$/i;

/** Reads the variables of one host and collects errors. */
interface Reader {
  readonly host: Host;
  readonly problems: HostProblem[];
}

/** Address and login of a host, from its `ansible_*` variables. Returns all errors of the host. */
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
  // For the same value, the error of the address is more helpful.
  const others = reader.problems.filter(({ source }) => !addresses.some((one) => one.source === source));
  const problems = [...addresses, ...others];
  return problems.length > 0 ? err(problems) : ok({ connection, target });
}

/** The first of these variables with a value. */
function find(host: Host, names: readonly string[]): readonly [string, Variable] | undefined {
  for (const name of names) {
    const variable = host.vars.get(name);
    if (variable !== undefined && variable.value !== null) return [name, variable];
  }
  return undefined;
}

function addProblem(
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
    addProblem(reader, found, `must be text, this is ${typeName(value)}`, "put it in quotes");
  } else if (value === "" || value.startsWith("-") || /[\x00-\x1f\x7f]/.test(value)) {
    // ssh would read a leading dash as an option.
    addProblem(reader, found, "cannot be empty, start with a dash or contain control characters");
  } else return value;
  return undefined;
}

/** A password may be any text; its line is never shown. */
function secret(reader: Reader, ...names: readonly string[]): string | undefined {
  const found = find(reader.host, names);
  if (found === undefined) return undefined;
  const { value } = found[1];
  if (typeof value === "string") return value;
  addProblem(reader, found, "must be text", "put it in quotes: YAML reads it as something else");
  return undefined;
}

function portOf(reader: Reader): number | undefined {
  const found = find(reader.host, ["ansible_ssh_port", "ansible_port"]);
  if (found === undefined) return undefined;
  const { value } = found[1];
  const port = typeof value === "string" && /^[0-9]+$/.test(value) ? Number(value) : value;
  if (typeof port === "number" && Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  addProblem(reader, found, `must be a port from 1 to 65535, this is ${typeName(value)}`);
  return undefined;
}

function connectionOf(reader: Reader): "ssh" | "local" {
  const found = find(reader.host, ["ansible_connection"]);
  if (found === undefined) return "ssh";
  const { value } = found[1];
  if (LOCAL_CONNECTIONS.has(String(value))) return "local";
  if (SSH_CONNECTIONS.has(String(value))) return "ssh";
  const near = typeof value === "string" ? nearest(value, ["ssh", "local"]) : undefined;
  addProblem(reader, found, "must be ssh or local", didYouMean(near));
  return "ssh";
}

function sudoOf(reader: Reader): boolean {
  const user = find(reader.host, ["ansible_sudo_user", "ansible_become_user"]);
  if (user !== undefined && user[1].value !== "root") {
    addProblem(reader, user, "must be root: provision supports no other user", "leave it out");
  }
  const method = find(reader.host, ["ansible_become_method"]);
  const found = find(reader.host, ["ansible_become"]);
  if (found === undefined) return false;
  const value = String(found[1].value);
  if (FALSE.test(value)) return false;
  if (!TRUE.test(value))
    addProblem(reader, found, `must be true or false, this is ${typeName(found[1].value)}`);
  if (method !== undefined && method[1].value !== "sudo" && method[1].value !== "ansible.builtin.sudo") {
    addProblem(reader, method, "must be sudo: provision supports no other method");
  }
  return true;
}

/** The words of a command line, split as by a POSIX shell; nothing is expanded. */
function words(reader: Reader, name: string): readonly string[] {
  const found = find(reader.host, [name]);
  if (found === undefined) return [];
  const { value } = found[1];
  const split = typeof value === "string" ? splitWords(value) : undefined;
  if (split !== undefined) return split;
  const message =
    typeof value === "string" ? "has a quote that is not closed" : `must be text, this is ${typeName(value)}`;
  addProblem(reader, found, message);
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
