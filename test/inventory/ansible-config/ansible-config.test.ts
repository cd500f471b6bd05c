import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inventoryCommand } from "../../../src/cli/inventory.ts";
import { loadProject } from "../../../src/cli/project/project.ts";
import { readRaw } from "../../../src/inventory/resolve/precedence.ts";
import { type Files, summaries, withFiles } from "../files.ts";

const before = { ...process.env };
beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith("ANSIBLE_")) delete process.env[name];
});
afterEach(() => {
  process.env = { ...before };
});

/** The same folder, listed by both. */
function both(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  Object.assign(process.env, env);
  const paths = args.filter((_, i) => args[i - 1] === "-i");
  const extraVars = args.filter((_, i) => args[i - 1] === "-e");
  const ours = inventoryCommand({ inventory: paths, extraVars, cwd, list: true });
  const { stdout } = spawnSync("ansible-inventory", [...args, "--list"], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C.UTF-8" },
  });
  return { ours, theirs: stdout };
}

const merged: Files = {
  "ansible.cfg": "[defaults]\n# a comment\nhash_behaviour = merge ; another\n",
  "hosts.yml": `all:
  vars: {app: {port: 1, deep: {a: 1, list: [1, 2]}, gone: x}}
  children:
    web: {vars: {app: {port: 2, deep: {b: 2}}}, hosts: {web1: {app: {deep: {list: [3]}}}, web2: }}
web: {vars: {app: {again: 1}}}
`,
  "hosts.ini": "[web]\nweb1 app=\"{'ini': 1}\"\n[web:vars]\napp={'more': {'x': 1}}\n",
  "group_vars/web/a.yml": "app: {deep: {c: 3}, gone: {no1: longer}}\n",
  "group_vars/web/b.yml": "app: {deep: {d: 4}, gone: {now: more}}\nonly: {a: 1}\n",
  "host_vars/web1.yml": "app: {port: 81, deep: {e: }}\n",
};

describe("hash_behaviour = merge", () => {
  const args = [
    "-i",
    "hosts.yml",
    "-i",
    "hosts.ini",
    "-e",
    '{"app": {"extra": {"a": 1}}}',
    "-e",
    '{"app": {"extra": {"b": 2}}}',
  ];

  it("is followed as Ansible follows it", () => {
    withFiles(merged, (cwd) => {
      const { ours, theirs } = both(cwd, args);
      expect(ours.stderr).toBe("");
      expect(ours.stdout).toBe(theirs);
      expect(JSON.parse(theirs)._meta.hostvars.web1.app).toMatchObject({ port: 81, deep: { a: 1, e: null } });
    });
  });

  it.each([
    ["the environment", { ANSIBLE_HASH_BEHAVIOUR: "merge" }, {}],
    ["the environment, over the file", { ANSIBLE_HASH_BEHAVIOUR: "replace" }, merged],
    [
      "$ANSIBLE_CONFIG",
      { ANSIBLE_CONFIG: "other.cfg" },
      { "other.cfg": "[defaults]\nhash_behaviour: merge\n" },
    ],
    [
      "a folder in $ANSIBLE_CONFIG",
      { ANSIBLE_CONFIG: "sub" },
      { "sub/ansible.cfg": "[defaults]\nhash_behaviour=merge\n" },
    ],
    ["~/.ansible.cfg", { HOME: "HERE/home" }, { "home/.ansible.cfg": "[defaults]\nhash_behaviour=merge\n" }],
    ["the wrong section", {}, { "ansible.cfg": "[inventory]\nhash_behaviour=merge\n" }],
    ["a comment", {}, { "ansible.cfg": "[defaults]\n#hash_behaviour=merge\n;hash_behaviour=merge\n" }],
  ])("by %s", (_, env, files) => {
    const { "ansible.cfg": __, ...others } = merged;
    withFiles({ ...others, ...files }, (cwd) => {
      const here = Object.entries(env).map(([name, value]) => [name, String(value).replace("HERE", cwd)]);
      // Relative to the folder that Ansible is started in.
      const { ours, theirs } = both(cwd, args, Object.fromEntries(here));
      expect(ours.stderr).not.toContain("error");
      expect(ours.stdout).toBe(theirs);
    });
  });

  it("is ignored, with a warning, in a folder that everybody can write to", () => {
    withFiles(merged, (cwd) => {
      chmodSync(cwd, 0o777);
      const { ours, theirs } = both(cwd, args);
      expect(ours.stdout).toBe(theirs);
      expect(ours.stderr).toContain("everybody can write to the folder");
    });
  });

  it("of a file beside the inventory that does not count here is an error, as the inventory means two things then", () => {
    for (const at of ["a/ansible.cfg", "a/inv/ansible.cfg"]) {
      const files = {
        "a/inv/hosts.yml": "all: {hosts: {h: }}",
        [at]: "[defaults]\nhash_behaviour = merge\n",
      };
      withFiles(files, (cwd) => {
        for (const path of ["a/inv/hosts.yml", "a/inv"]) {
          const { problems } = readRaw([path], { extraVars: [], cwd });
          if (at === "a/ansible.cfg" || path === "a/inv/hosts.yml" || at === "a/inv/ansible.cfg")
            expect(summaries(problems)[0]).toContain(`started in the folder of ${at}, merges mappings`);
        }
        expect(readRaw(["a/inv"], { extraVars: [], cwd, env: { ANSIBLE_CONFIG: at } }).problems).toEqual([]);
      });
    }
  });
});

describe("settings for folders of inventories", () => {
  const files: Files = {
    "ansible.cfg":
      "[inventory]\nignore_extensions = .creds, ~\nignore_patterns = ^art, secret.*,\n    no[0-9]$\n",
    "inv/hosts": "[web]\na\n",
    "inv/artifacts": "[web]\nb\n",
    "inv/my-secrets": "[web]\nc\n",
    "inv/x.creds": "[web]\nd\n",
    "inv/no1": "[web]\ne\n",
    "inv/more.ini": "[web]\nf\n",
  };

  it("are followed: ignore_patterns and ignore_extensions", () => {
    withFiles(files, (cwd) => {
      const { ours, theirs } = both(cwd, ["-i", "inv"]);
      expect(ours.stdout).toBe(theirs);
      expect(JSON.parse(theirs).web.hosts).toEqual(["a", "f"]);
    });
  });

  it.each([
    [
      "precedence",
      "[defaults]\nprecedence = groups_inventory, all_inventory\n",
      "ansible.cfg:2:1: precedence in ansible.cfg",
    ],
    [
      "vars_plugins_enabled",
      "[defaults]\nvars_plugins_enabled = mine\n",
      "ansible.cfg:2:1: vars_plugins_enabled",
    ],
    [
      "yaml_valid_extensions",
      "[defaults]\nyaml_valid_extensions = .yml, .inv\n",
      "ansible.cfg:2:1: yaml_valid_ext",
    ],
    [
      "force_valid_group_names",
      "[defaults]\nforce_valid_group_names = always\n",
      "ansible.cfg:2:1: force_valid",
    ],
  ])("are refused: %s", (_, text, message) => {
    withFiles({ "ansible.cfg": text, "hosts.yml": "all: {hosts: {a: }}" }, (cwd) => {
      const { problems } = readRaw(["hosts.yml"], { extraVars: [], cwd });
      expect(problems.map(({ severity }) => severity)).toEqual(["error"]);
      expect(summaries(problems)[0]).toContain(message);
    });
  });

  it("are not refused with the value that they have anyway", () => {
    const text =
      "[defaults]\nhash_behaviour = replace\nvars_plugins_enabled = host_group_vars\nyaml_valid_extensions = .yml,.json,.yaml\nforce_valid_group_names = never\nprecedence = all_inventory, groups_inventory, all_plugins_inventory, all_plugins_play, groups_plugins_inventory, groups_plugins_play\n";
    withFiles({ "ansible.cfg": text, "hosts.yml": "all: {hosts: {a: }}" }, (cwd) => {
      expect(readRaw(["hosts.yml"], { extraVars: [], cwd }).problems).toEqual([]);
    });
  });
});

describe("settings for logins", () => {
  const warnings = (
    config: string,
    vars = "",
    env: Readonly<Record<string, string>> = {},
  ): readonly string[] =>
    withFiles(
      {
        "ansible.cfg": config,
        "hosts.yml": `all: {hosts: {a: {roles: [memcached]${vars}}, sw: {x: 1, roles: []}}}`,
      },
      (cwd) => {
        Object.assign(process.env, env);
        const project = loadProject({ inventory: ["hosts.yml"], extraVars: [] }, cwd);
        if (!project.ok) throw new Error(summaries(project.error).join("\n"));
        return summaries(project.value.warnings);
      },
    );
  const config =
    "[defaults]\nremote_user = deploy\nremote_port=2222\nhost_key_checking = False\nforks = 50\nroles_path = x\n[privilege_escalation]\nbecome = true\nbecome_method = sudo\n[ssh_connection]\nssh_args = -o ControlMaster=auto -o ControlPersist=60s -C\npipelining = true\n";

  it("are named in one warning, with what to write instead", () => {
    expect(warnings(config)).toEqual([
      "ansible.cfg:2:1: provision ignores these settings of Ansible in ansible.cfg: remote_user, remote_port, become, host_key_checking, forks | set ansible_user, ansible_port, ansible_become under `vars` of `all`; for host_key_checking: --accept-new-host-keys, once; for forks: --forks",
    ]);
  });

  it("are not named where every host that is logged in to has the variable", () => {
    const vars = ", ansible_ssh_user: me, ansible_port: 22, ansible_become: false";
    expect(
      warnings(
        "[defaults]\nremote_user = deploy\nremote_port=2222\n[privilege_escalation]\nbecome = yes\n",
        vars,
      ),
    ).toEqual([]);
    expect(warnings("[ssh_connection]\nssh_args = -F ssh.cfg\n")).toHaveLength(1);
    expect(warnings("[ssh_connection]\nssh_args = -F ssh.cfg\n", ", ansible_ssh_args: '-C'")).toEqual([]);
  });

  it("count from the environment, too", () => {
    expect(warnings("", "", { ANSIBLE_REMOTE_USER: "deploy" })).toEqual([
      "provision ignores these settings of Ansible in the environment: $ANSIBLE_REMOTE_USER | set ansible_user under `vars` of `all`",
    ]);
  });
});

describe("without -i", () => {
  it("the inventory that Ansible's settings name is named", () => {
    withFiles({ "ansible.cfg": "[defaults]\ninventory = inv/my hosts.yml, b.yml\n" }, (cwd) => {
      const said = () => inventoryCommand({ inventory: [], extraVars: [], cwd }).stderr;
      expect(said()).toContain("Ansible's settings name one: -i 'inv/my hosts.yml' -i b.yml");
      process.env.ANSIBLE_INVENTORY = "prod.yml";
      expect(said()).toContain("name one: -i prod.yml");
      process.env.ANSIBLE_INVENTORY = "";
      mkdirSync(join(cwd, "sub"));
      writeFileSync(join(cwd, "sub/ansible.cfg"), "[defaults]\ninventory = x.yml\n");
      process.env.ANSIBLE_CONFIG = join(cwd, "sub/ansible.cfg");
      delete process.env.ANSIBLE_INVENTORY;
      expect(said()).toContain("name one: -i sub/x.yml");
    });
  });
});
