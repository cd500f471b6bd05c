import { didYouMean, type HostProblem, hostProblem } from "../../base/diagnostic.ts";
import { distance } from "../../base/nearest.ts";
import type { Host } from "../../model/inventory.ts";
import type { Json } from "../../model/json.ts";
import { isObject, nameSource } from "../parse/node.ts";
import { CONNECTION_VARIABLES } from "./connection.ts";
import { mayHaveRoles } from "./reached.ts";

/** What tells a variable of the user's own from a misspelt one. */
export interface Names {
  readonly roles: readonly string[];
  /** Names that templates of the inventory refer to: somebody uses them. */
  readonly references: ReadonlySet<string>;
  /** Hosts that play a role. Variables of all others are not ours. */
  readonly playing: ReadonlySet<string>;
}

/** Names of Ansible's own that look like one of ours, and mean something to it. */
const REAL: ReadonlySet<string> = new Set([
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
  // Facts that are often set by hand.
  "ansible_hostname",
  "ansible_user_id",
  "ansible_user_uid",
]);

/** Variables whose name is nearly one that counts here, and which nothing uses: they would be left alone in silence. */
export function misspeltNames(host: Host, names: Names): readonly HostProblem[] {
  if (!names.playing.has(host.name)) return host.vars.has("roles") ? [] : meantToPlay(host, names);
  const problems: HostProblem[] = [];
  for (const [name, { value, origin }] of host.vars) {
    if (names.references.has(name) || names.roles.includes(name)) continue;
    const meant = meantName(name, value, names.roles) ?? meantRole(name, value, host, names.roles);
    if (meant === undefined) continue;
    const message = `\`${name}\` means nothing here, and nothing refers to it`;
    problems.push(hostProblem(host.name, message, nameSource(origin), didYouMean(meant)));
  }
  return problems;
}

/** Words of other people's inventories: beside hosts that play roles of ours, they are the names of something else. */
const WORDS: ReadonlySet<string> = new Set(["role", "rules", "rolls", "roots", "holes", "poles"]);

/**
 * A host without `roles` that has them under a name that is nearly so. A list of our roles under a name that is no word can
 * hardly be anything else; `role: mysql` may well be somebody else's, and on a host that no role works on it is.
 */
function meantToPlay(host: Host, { roles, references, playing }: Names): readonly HostProblem[] {
  if (!mayHaveRoles(host)) return [];
  return [...host.vars].flatMap(([name, { value, origin }]) => {
    if (references.has(name) || !isNear(name, "roles", 2) || !namesRole(value, roles)) return [];
    const message = `\`${name}\` means nothing here, and nothing refers to it`;
    const problem = hostProblem(host.name, message, nameSource(origin), didYouMean("roles"));
    const plain = Array.isArray(value) && !(WORDS.has(name) && playing.size > 0);
    return [plain ? problem : { ...problem, severity: "warning" as const }];
  });
}

function meantName(name: string, value: Json, roles: readonly string[]): string | undefined {
  if (isNear(name, "roles", 2) && namesRole(value, roles)) return "roles";
  if (isNear(name, "address", 2) && name !== "addresses" && typeof value === "string") return "address";
  // All of them begin alike; most variables are passed over without a comparison.
  if (!/^[a-z]{6,8}_/.test(name) || CONNECTION_VARIABLES.has(name) || REAL.has(name)) return undefined;
  const nearOnes = [...CONNECTION_VARIABLES, "ansible_group_priority"].filter((known) =>
    isNear(name, known, 2),
  );
  return nearOnes.sort((a, b) => distance(name, a, 2) - distance(name, b, 2))[0];
}

function isNear(name: string, known: string, limit: number): boolean {
  return name !== known && distance(name, known, limit) <= limit;
}

/** `rules` and `role` are good names for other things; a list of our roles is not. */
function namesRole(value: Json, roles: readonly string[]): boolean {
  const entries: readonly Json[] = Array.isArray(value) ? value : [value];
  return entries.some((entry) => typeof entry === "string" && roles.includes(entry));
}

/**
 * A mapping that was most likely meant for a role: its name is within two edits (one for names under five letters) of a
 * role the host plays, and that role has no variables on the host.
 */
function meantRole(name: string, value: Json, host: Host, roles: readonly string[]): string | undefined {
  if (!isObject(value)) return undefined;
  const given = host.vars.get("roles")?.value;
  const played: readonly unknown[] = Array.isArray(given) ? given : [];
  return roles.find(
    (role) => played.includes(role) && !host.vars.has(role) && isNear(name, role, role.length < 5 ? 1 : 2),
  );
}
