import { didYouMean, type HostProblem, hostProblem } from "../../base/diagnostic.ts";
import { distance } from "../../base/nearest.ts";
import type { Host } from "../../model/inventory.ts";
import type { Json } from "../../model/json.ts";
import { isObject, nameSource } from "../parse/node.ts";
import { CONNECTION_VARIABLES } from "./connection.ts";
import { mayHaveRoles } from "./host-connections.ts";

/** Names that distinguish a user's own variable from a misspelt one. */
export interface Names {
  readonly roles: readonly string[];
  /** Names in templates of the inventory: these variables are used. */
  readonly references: ReadonlySet<string>;
  /** Hosts that play a role. Variables of all others are ignored. */
  readonly playing: ReadonlySet<string>;
}

/** Ansible's own names that are similar to ours. */
const ANSIBLE_NAMES: ReadonlySet<string> = new Set([
  "ansible_become_exe",
  "ansible_become_flags",
  "ansible_connection_timeout",
  "ansible_host_key_checking",
  "ansible_pipelining",
  "ansible_python_interpreter",
  "ansible_scp_executable",
  "ansible_scp_extra_args",
  "ansible_sftp_executable",
  "ansible_sftp_extra_args",
  "ansible_shell_executable",
  "ansible_shell_type",
  "ansible_ssh_executable",
  "ansible_ssh_host_key_checking",
  "ansible_ssh_pipelining",
  "ansible_ssh_private_key",
  "ansible_ssh_private_key_passphrase",
  "ansible_ssh_retries",
  "ansible_ssh_timeout",
  "ansible_ssh_transfer_method",
  "ansible_ssh_use_tty",
  "ansible_timeout",
  // Facts that users often set.
  "ansible_hostname",
  "ansible_user_id",
  "ansible_user_uid",
]);

/** Errors for unused variables with a name similar to a known one: they would have no effect, without any message. */
export function misspeltNames(host: Host, names: Names): readonly HostProblem[] {
  if (!names.playing.has(host.name)) return host.vars.has("roles") ? [] : misspeltRoles(host, names);
  const problems: HostProblem[] = [];
  for (const [name, { value, origin }] of host.vars) {
    if (names.references.has(name) || names.roles.includes(name)) continue;
    const suggestion =
      nearestVariable(name, value, names.roles) ?? nearestRole(name, value, host, names.roles);
    if (suggestion === undefined) continue;
    const message = `\`${name}\` is not a known variable, and nothing refers to it`;
    problems.push(hostProblem(host.name, message, nameSource(origin), didYouMean(suggestion)));
  }
  return problems;
}

/** English words that other tools use as names, beside hosts with our roles. */
const ENGLISH_WORDS: ReadonlySet<string> = new Set(["role", "rules", "rolls", "roots", "holes", "poles"]);

/**
 * A host without `roles`, but with a variable of a similar name that lists our roles. Under a name that is no English word,
 * this is an error; `role: mysql` may belong to another tool, and a host that no role supports is ignored.
 */
function misspeltRoles(host: Host, { roles, references, playing }: Names): readonly HostProblem[] {
  if (!mayHaveRoles(host)) return [];
  return [...host.vars].flatMap(([name, { value, origin }]) => {
    if (references.has(name) || !isNear(name, "roles", 2) || !namesRole(value, roles)) return [];
    const message = `\`${name}\` is not a known variable, and nothing refers to it`;
    const problem = hostProblem(host.name, message, nameSource(origin), didYouMean("roles"));
    const plain = Array.isArray(value) && !(ENGLISH_WORDS.has(name) && playing.size > 0);
    return [plain ? problem : { ...problem, severity: "warning" as const }];
  });
}

function nearestVariable(name: string, value: Json, roles: readonly string[]): string | undefined {
  if (isNear(name, "roles", 2) && namesRole(value, roles)) return "roles";
  if (isNear(name, "address", 2) && name !== "addresses" && typeof value === "string") return "address";
  // A cheap test first: most variables need no comparison.
  if (!/^[a-z]{6,8}_/.test(name) || CONNECTION_VARIABLES.has(name) || ANSIBLE_NAMES.has(name))
    return undefined;
  const nearOnes = [...CONNECTION_VARIABLES, "ansible_group_priority"].filter((known) =>
    isNear(name, known, 2),
  );
  return nearOnes.sort((a, b) => distance(name, a, 2) - distance(name, b, 2))[0];
}

function isNear(name: string, known: string, limit: number): boolean {
  return name !== known && distance(name, known, limit) <= limit;
}

/** Whether the value names one of our roles; `rules` and `role` are valid names for other values. */
function namesRole(value: Json, roles: readonly string[]): boolean {
  const entries: readonly Json[] = Array.isArray(value) ? value : [value];
  return entries.some((entry) => typeof entry === "string" && roles.includes(entry));
}

/**
 * The role that a mapping is probably for: its name is within two edits (one for names under five letters) of a role of the
 * host that has no variables.
 */
function nearestRole(name: string, value: Json, host: Host, roles: readonly string[]): string | undefined {
  if (!isObject(value)) return undefined;
  const given = host.vars.get("roles")?.value;
  const played: readonly unknown[] = Array.isArray(given) ? given : [];
  return roles.find(
    (role) => played.includes(role) && !host.vars.has(role) && isNear(name, role, role.length < 5 ? 1 : 2),
  );
}
