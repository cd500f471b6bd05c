import { describe, expect, it } from "vitest";
import { addressOf } from "../../src/base/address.ts";
import { inventoryCommand } from "../../src/cli/inventory.ts";
import { loadProject, type Project } from "../../src/cli/project/project.ts";
import type { Diagnostic } from "../../src/model/source.ts";
import { formatDiagnostic } from "../../src/report/diagnostic.ts";
import { type Files, summaries, withFiles } from "./files.ts";

const vault = "!vault |\n            $ANSIBLE_VAULT;1.1;AES256\n            6162";

const hostName = (what: string): string => what.replaceAll(" ", "_");

/** Variables of hosts that are somebody else's, one host each. */
const foreign: Readonly<Record<string, string>> = {
  switch:
    "{ansible_connection: network_cli, ansible_network_os: ios, ansible_become: true, ansible_become_method: enable}",
  netconf: "{ansible_connection: ansible.netcommon.netconf, ansible_port: 830}",
  windows:
    "{ansible_connection: winrm, ansible_port: 5986, ansible_user: 'DOM\\\\admin', ansible_become_method: runas}",
  psrp: "{ansible_connection: psrp, ansible_become_user: Administrator}",
  docker: "{ansible_connection: community.docker.docker, ansible_host: '-x'}",
  here: "{ansible_connection: local, ansible_host: ''}",
  port: "{ansible_port: none, ansible_user: 12, ansible_become: perhaps}",
  templated:
    "{ansible_host: '{{ lookup(\"env\", \"X\") }}', ansible_port: '{{ p | int }}', ansible_user: '{{ nowhere }}'}",
  vaulted: `\n          ansible_password: ${vault}\n          ansible_become_pass: ${vault}`,
  slips: "{adress: 10.0.0.1, ansible_usr: me, anisble_port: 22, role: nginx, rolls: 3, ngnix: {port: 1}}",
  ours: "{address: '{{ nowhere }}', lab: '{{ nowhere }}', nginx: '{{ x | y }}', common: 3}",
  unsplit: '{ansible_ssh_common_args: "-o \'x", ansible_ssh_args: 3}',
  "roles of a switch": "{ansible_connection: ansible.netcommon.network_cli, roles: [leaf, core-router]}",
  "roles of Windows": "{ansible_connection: winrm, roles: {iis: {port: 80}}}",
  "roles in a template": '{ansible_connection: httpapi, roles: "{{ nowhere }}"}',
  "role of a switch": "{ansible_connection: network_cli, role: [nginx], rolse: [nginx, mysql]}",
  "a role in a word": "{role: [nginx, mysql], rules: [common]}",
  big: "{ansible_host: 424242424242424242, ansible_port: 424242424242424242}",
};

const others = Object.entries(foreign).map(([name, vars]) => `        ${hostName(name)}: ${vars}\n`);
const inventory = (hosts: string): string => `all:
  children:
    app:
      hosts: {app1: {ansible_host: 127.0.0.1}}
      vars: {roles: [memcached]}
    others:
      hosts:
${hosts}`;

function load(files: Files, limit?: string): Project | readonly Diagnostic[] {
  return withFiles(files, (cwd) => {
    const project = loadProject(
      { inventory: ["hosts.yml"], extraVars: [], ...(limit === undefined ? {} : { limit }) },
      cwd,
    );
    return project.ok ? project.value : project.error;
  });
}

function good(files: Files, limit?: string): Project {
  const project = load(files, limit);
  if ("topology" in project) return project;
  throw new Error(project.map(formatDiagnostic).join("\n"));
}

function bad(files: Files, limit?: string): readonly string[] {
  const project = load(files, limit);
  if ("topology" in project) throw new Error("this project should have been refused");
  return summaries(project);
}

describe("hosts that play no role stop nothing", () => {
  it.each(Object.keys(foreign))("%s", (name) => {
    const files = { "hosts.yml": inventory(`        ${hostName(name)}: ${foreign[name]}\n`) };
    for (const limit of [undefined, "app1"]) {
      const project = good(files, limit);
      expect([...project.selected]).toEqual(["app1"]);
      expect([...project.connections.keys()]).toEqual(["app1"]);
    }
  });

  it("all of them together, and `inventory` shows them with exit code 0", () => {
    const files = { "hosts.yml": inventory(others.join("")) };
    expect(good(files).warnings.map(({ severity }) => severity)).not.toContain("error");
    withFiles(files, (cwd) => {
      const shown = inventoryCommand({ inventory: ["hosts.yml"], extraVars: [], cwd, list: true });
      expect(shown.code).toBe(0);
      expect(Object.keys(JSON.parse(shown.stdout)._meta.hostvars)).toHaveLength(others.length + 1);
    });
  });

  it("those that no role could work on are not called forgotten", () => {
    const { warnings } = good({ "hosts.yml": inventory(others.join("")) });
    const forgotten = warnings.find(({ message }) => message.startsWith("there are no `roles`"));
    expect(forgotten?.message).toBe(
      "there are no `roles` for port, templated and 6 more: provision skips them",
    );
  });

  it("a name that is nearly `roles` is a warning, unless it can hardly be anything else", () => {
    const text = (vars: string) => ({ "hosts.yml": inventory(`        x: ${vars}\n`) });
    const said = (problems: readonly Diagnostic[]) => problems.map(({ message }) => message).join();
    expect(said(good(text("{role: nginx}")).warnings)).toContain("`role` is not a known variable");
    expect(said(good(text("{role: [nginx]}")).warnings)).toContain("`role` is not a known variable");
    expect(bad(text("{rolse: [nginx]}")).join()).toContain("`rolse` is not a known variable");
    // Where nobody plays a role, it is the roles that are missing.
    expect(bad({ "hosts.yml": "web: {hosts: {w: {role: [nginx]}}}\n" }).join()).toContain(
      "`role` is not a known variable",
    );
  });

  it("`roles` counts on every host that could play one, and where it names one of ours", () => {
    const text = (vars: string) => ({ "hosts.yml": inventory(`        x: ${vars}\n`) });
    for (const roles of ["[leaf]", "leaf", "{leaf: 1}"]) {
      expect(bad(text(`{roles: ${roles}}`)).join()).toMatch(/no role `leaf`|must be a list/);
      expect(bad(text(`{ansible_connection: shh, roles: ${roles}}`)).join()).toContain(
        "must be ssh or local",
      );
    }
    for (const roles of ["[nginx]", "[leaf, ngnix]", "nginx"])
      expect(bad(text(`{ansible_connection: winrm, roles: ${roles}}`)).join()).toContain(
        "must be ssh or local",
      );
  });

  it("an invalid address does not appear on other hosts", () => {
    const names = good({ "hosts.yml": inventory(others.join("")) }).topology.hosts.map(
      ({ host }) => host.name,
    );
    expect(names).toContain("switch");
    for (const name of ["templated", "big", "ours"]) expect(names).not.toContain(name);
  });

  it("a whole file of ansible-vault that only they would read is a warning", () => {
    const text = inventory("        sw1: {ansible_connection: network_cli}\n");
    const file = "$ANSIBLE_VAULT;1.1;AES256\n6162\n";
    for (const path of ["group_vars/others/vault.yml", "group_vars/others.yml", "host_vars/sw1.yml"]) {
      const { warnings } = good({ "hosts.yml": text, [path]: file });
      expect(summaries(warnings).join()).toContain(`${path}:1:1: this file is encrypted with ansible-vault`);
      expect(good({ "hosts.yml": text, [path]: "x: {a: 1, a: 2}\n" }).warnings).toHaveLength(1);
      // It may hold the roles of those hosts.
      expect(bad({ "hosts.yml": text, [path]: "x: [\n" })).toHaveLength(1);
    }
    for (const path of ["group_vars/all/vault.yml", "group_vars/app.yml", "host_vars/app1.yml"]) {
      expect(bad({ "hosts.yml": text, [path]: file }).join()).toContain("this file is encrypted");
    }
  });
});

describe("hosts outside the limit", () => {
  const two = (vars: string): Files => ({
    "hosts.yml": `app:\n  hosts:\n    app1: {ansible_host: 10.0.0.1}\n    app2: ${vars}\n  vars: {roles: [memcached]}\n`,
  });

  it.each([
    "{ansible_host: 10.0.0.2, ansible_port: none}",
    "{ansible_host: 10.0.0.2, ansible_user: '{{ nowhere }}'}",
    "{ansible_host: 10.0.0.2, ansible_connection: docker}",
    "{address: 10.0.0.2, ansible_host: '{{ nowhere }}'}",
    "{address: 10.0.0.2, ansible_host: 12}",
    `{address: 10.0.0.2, ansible_become_pass: !vault "$ANSIBLE_VAULT;1.1;AES256\\n6364\\n"}`,
  ])("what only a login needs is a warning: %s", (vars) => {
    const project = good(two(vars), "app1");
    expect(project.warnings).toHaveLength(1);
    expect(project.warnings[0]).toMatchObject({
      severity: "warning",
      hint: expect.stringContaining("outside the limit"),
    });
    expect(project.topology.hosts.map(({ address }) => address)).toEqual(["10.0.0.1", "10.0.0.2"]);
    // Nothing is guessed: the host is not logged in to with half of what it needs.
    expect([...project.connections.keys()]).toEqual(["app1"]);
    expect(bad(two(vars)).length).toBe(1);
    expect(bad(two(vars), "app2").length).toBe(1);
  });

  it.each([
    "{ansible_host: '{{ nowhere }}'}",
    "{ansible_host: 12}",
    "{ansible_ssh_host: -x}",
    "{address: '{{ nowhere }}', ansible_host: 10.0.0.2}",
    "{memcached: {port: none}}",
    "{roles: [memcashed]}",
  ])("what their peers need is an error: %s", (vars) => {
    expect(bad(two(vars), "app1").length).toBe(1);
  });

  it("what a host inside needs of them is an error", () => {
    const files: Files = {
      "hosts.yml": `app:
  hosts:
    app1: {ansible_host: 10.0.0.1, ansible_user: "{{ hostvars['app2'].ansible_user }}"}
    app2: {ansible_host: 10.0.0.2, ansible_user: "{{ nowhere }}"}
  vars: {roles: [memcached]}
`,
    };
    expect(bad(files, "app1")).toEqual(["hosts.yml:4:54: `nowhere` is not defined (on app2)"]);
  });
});

describe("the address by which others reach a host", () => {
  it.each([
    ["{}", "h"],
    ["{ansible_host: 10.0.0.1}", "10.0.0.1"],
    ["{ansible_ssh_host: 10.0.0.2}", "10.0.0.2"],
    ["{ansible_host: 10.0.0.1, ansible_ssh_host: 10.0.0.2}", "10.0.0.2"],
    ["{ansible_host: 10.0.0.1, ansible_ssh_host: }", "10.0.0.1"],
    ["{ansible_host: , ansible_ssh_host: 10.0.0.2}", "10.0.0.2"],
    ["{ansible_ssh_host: '{{ x }}', x: 10.0.0.3}", "10.0.0.3"],
    ["{ansible_ssh_host: 10.0.0.2, address: 10.9.0.2}", "10.9.0.2"],
  ])("%s: %s", (vars, address) => {
    const project = good({ "hosts.yml": `all: {hosts: {h: ${vars}}, vars: {roles: [memcached]}}` });
    expect(project.topology.hosts[0]?.address).toBe(address);
    const host = project.inventory.hosts.get("h");
    expect(host && addressOf(host)).toBe(address);
    expect(project.topology.services.get("memcached")?.endpoints[0]?.address ?? address).toBe(address);
  });
});
