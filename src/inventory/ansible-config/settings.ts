/** A setting of Ansible for inventories or logins. */
export interface KnownSetting {
  /** `section.key`; messages use the first. */
  readonly keys: readonly string[];
  readonly env: string;
  /** Whether a value has no effect. */
  readonly same?: (value: string) => boolean;
}

const isFalse = (value: string): boolean => /^(?:no|false|off|n|f|0|0\.0)$/i.test(value);
const isTrue = (value: string): boolean => /^(?:yes|true|on|y|t|1|1\.0)$/i.test(value);
const oneOf =
  (...values: readonly string[]) =>
  (value: string): boolean =>
    values.includes(value);

/** Whether mappings from several places are merged. */
export const MERGE: KnownSetting = {
  keys: ["defaults.hash_behaviour"],
  env: "ANSIBLE_HASH_BEHAVIOUR",
  same: oneOf("replace"),
};
/** The default inventories. */
export const INVENTORY: KnownSetting = { keys: ["defaults.inventory"], env: "ANSIBLE_INVENTORY" };
/** Endings of names that Ansible skips in folders. */
export const ENDS: KnownSetting = {
  keys: ["inventory.ignore_extensions", "defaults.inventory_ignore_extensions"],
  env: "ANSIBLE_INVENTORY_IGNORE",
};
/** Patterns of names that Ansible skips in folders. */
export const PATTERNS: KnownSetting = {
  keys: ["inventory.ignore_patterns", "defaults.inventory_ignore_patterns"],
  env: "ANSIBLE_INVENTORY_IGNORE_REGEX",
};

/** Settings that change the meaning of an inventory and that provision does not support. */
export const REFUSED: readonly KnownSetting[] = [
  {
    keys: ["defaults.precedence"],
    env: "ANSIBLE_PRECEDENCE",
    same: (value) =>
      words(value).join() ===
      "all_inventory,groups_inventory,all_plugins_inventory,all_plugins_play,groups_plugins_inventory,groups_plugins_play",
  },
  {
    keys: ["defaults.vars_plugins_enabled"],
    env: "ANSIBLE_VARS_ENABLED",
    same: oneOf("host_group_vars", "ansible.builtin.host_group_vars"),
  },
  {
    keys: ["defaults.yaml_valid_extensions"],
    env: "ANSIBLE_YAML_FILENAME_EXT",
    same: (value) => words(value).sort().join() === ".json,.yaml,.yml",
  },
  {
    keys: ["defaults.force_valid_group_names"],
    env: "ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS",
    same: oneOf("never", "ignore"),
  },
];

/** A setting that provision replaces with a variable or an option. */
interface ReplacedSetting extends KnownSetting {
  readonly instead: string;
  readonly variables?: readonly string[];
}

/** Settings of logins and runs. */
export const REPLACED: readonly ReplacedSetting[] = [
  login("defaults.remote_user", "ANSIBLE_REMOTE_USER", ["ansible_user", "ansible_ssh_user"]),
  login("defaults.remote_port", "ANSIBLE_REMOTE_PORT", ["ansible_port", "ansible_ssh_port"]),
  login("defaults.private_key_file", "ANSIBLE_PRIVATE_KEY_FILE", [
    "ansible_ssh_private_key_file",
    "ansible_private_key_file",
  ]),
  login(
    "ssh_connection.ssh_args",
    "ANSIBLE_SSH_ARGS",
    ["ansible_ssh_args"],
    (value) => !/\S/.test(withoutSharing(value)),
  ),
  login("ssh_connection.ssh_common_args", "ANSIBLE_SSH_COMMON_ARGS", ["ansible_ssh_common_args"]),
  login("ssh_connection.ssh_extra_args", "ANSIBLE_SSH_EXTRA_ARGS", ["ansible_ssh_extra_args"]),
  login("defaults.transport", "ANSIBLE_TRANSPORT", ["ansible_connection"], oneOf("ssh", "smart", "paramiko")),
  login("privilege_escalation.become", "ANSIBLE_BECOME", ["ansible_become"], isFalse),
  login(
    "privilege_escalation.become_method",
    "ANSIBLE_BECOME_METHOD",
    ["ansible_become_method"],
    oneOf("sudo"),
  ),
  login("privilege_escalation.become_user", "ANSIBLE_BECOME_USER", ["ansible_become_user"], oneOf("root")),
  run("privilege_escalation.become_ask_pass", "ANSIBLE_BECOME_ASK_PASS", "--ask-become-pass", isFalse),
  run("defaults.become_password_file", "ANSIBLE_BECOME_PASSWORD_FILE", "--ask-become-pass"),
  login("defaults.ask_pass", "ANSIBLE_ASK_PASS", ["ansible_password", "ansible_ssh_pass"], isFalse),
  login("defaults.connection_password_file", "ANSIBLE_CONNECTION_PASSWORD_FILE", [
    "ansible_password",
    "ansible_ssh_pass",
  ]),
  run("defaults.host_key_checking", "ANSIBLE_HOST_KEY_CHECKING", "--accept-new-host-keys, once", isTrue),
  run("defaults.timeout", "ANSIBLE_TIMEOUT", "--timeout"),
  run("defaults.forks", "ANSIBLE_FORKS", "--forks"),
  run("defaults.vault_password_file", "ANSIBLE_VAULT_PASSWORD_FILE", "provision secrets encrypt"),
  run("defaults.vault_identity_list", "ANSIBLE_VAULT_IDENTITY_LIST", "provision secrets encrypt"),
];

function login(
  key: string,
  env: string,
  variables: readonly string[],
  same?: (value: string) => boolean,
): ReplacedSetting {
  return {
    keys: [key],
    env,
    variables,
    instead: variables[0] ?? "",
    ...(same === undefined ? {} : { same }),
  };
}

function run(key: string, env: string, instead: string, same?: (value: string) => boolean): ReplacedSetting {
  return { keys: [key], env, instead, ...(same === undefined ? {} : { same }) };
}

/** Options of ssh without those that share connections, because provision shares them anyway. */
function withoutSharing(args: string): string {
  return args.replace(/-C\b|-o\s*(?:ControlMaster|ControlPersist|ControlPath)[= ]\S+/g, "");
}

/** The entries of a list, split as by Ansible. */
export const words = (value: string): string[] =>
  value
    .replace(/^\[|\]$/g, "")
    .split(/[,\n]/)
    .map((word) => word.trim().replace(/^(["'])(.*)\1$/, "$2"))
    .filter((word) => word !== "");
