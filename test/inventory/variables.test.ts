import { describe, expect, it } from "vitest";
import { z } from "zod";
import { targetOf } from "../../src/inventory/target.ts";
import { misspeltRoles, rolesOf, roleVariables } from "../../src/inventory/variables.ts";
import type { Host } from "../../src/model/inventory.ts";
import type { Diagnostic } from "../../src/model/source.ts";
import { hostOf, oneHost, readGood, summaries } from "./files.ts";

function host(lines: string): Host {
  return hostOf(readGood(oneHost(lines)), "h");
}

function told(result: { readonly ok: boolean; readonly error?: readonly Diagnostic[] }): readonly string[] {
  expect(result.ok).toBe(false);
  return summaries(result.error ?? []);
}

describe("roleVariables", () => {
  const schema = z.strictObject({
    port: z.number().int().default(80),
    tls: z.strictObject({ certificate: z.string(), redirect: z.boolean().default(true) }).optional(),
    sites: z.array(z.strictObject({ name: z.string(), root: z.string().optional() })).default([]),
  });

  it("completes what the inventory says", () => {
    expect(roleVariables(host("nginx: {port: 81}"), "nginx", schema)).toEqual({
      ok: true,
      value: { port: 81, sites: [] },
    });
    expect(roleVariables(host("x: 1"), "nginx", schema)).toMatchObject({ ok: true, value: { port: 80 } });
  });

  it("tells every issue at its place, with the nearest name", () => {
    const variables = host(`nginx:
  prot: 80
  port: "81"
  tls: {certificat: a, redirect: maybe}
  sites:
    - {name: a}
    - {nam: b}
`);
    expect(
      told(roleVariables(variables, "nginx", schema)).map((line) => line.replace(/: Invalid.*/, ": …")),
    ).toEqual([
      "hosts.yml:5:9: `nginx` has no variable `prot` | did you mean `port`?",
      "hosts.yml:6:15: `nginx.port` on h: …",
      "hosts.yml:7:14: `nginx.tls.certificate` is missing on h: …",
      "hosts.yml:7:15: `nginx.tls` has no variable `certificat` | did you mean `certificate`?",
      "hosts.yml:7:40: `nginx.tls.redirect` on h: …",
      "hosts.yml:10:13: `nginx.sites.1.name` is missing on h: …",
      "hosts.yml:10:14: `nginx.sites.1` has no variable `nam` | did you mean `name`?",
    ]);
  });

  it("never shows a line that holds a password", () => {
    const settings = z.strictObject({ db_password: z.string(), name: z.string() });
    const result = roleVariables(host("app:\n  {db_password: 271828, name: 5}\n"), "app", settings);
    expect(told(result)).toHaveLength(2);
    expect(JSON.stringify(result)).not.toContain("271828");
  });

  it("takes the names the caller knows", () => {
    const result = roleVariables(host("nginx: {worker: 1}"), "nginx", schema, ["workers"]);
    expect(told(result)).toEqual([
      "hosts.yml:4:15: `nginx` has no variable `worker` | did you mean `workers`?",
    ]);
  });

  it("wants a mapping", () => {
    expect(told(roleVariables(host("nginx: 80"), "nginx", schema))).toEqual([
      "hosts.yml:4:14: the variables of the role `nginx` on h must be a mapping, this is a number (80)",
    ]);
  });

  it("points through a reference", () => {
    const result = roleVariables(host("base: {port: none}\nnginx: '{{ base }}'"), "nginx", schema);
    expect(told(result)[0]).toMatch(/^hosts.yml:4:20: `nginx.port`/);
  });
});

describe("rolesOf", () => {
  const known = ["nginx", "haproxy", "keepalived"];

  it("lists them in their order", () => {
    expect(rolesOf(host("roles: [keepalived, nginx]"), known)).toEqual({
      ok: true,
      value: ["keepalived", "nginx"],
    });
    expect(rolesOf(host("roles:"), known)).toEqual({ ok: true, value: [] });
    expect(rolesOf(host("x: 1"), known)).toEqual({ ok: true, value: [] });
  });

  it.each([
    [
      "roles: nginx",
      "hosts.yml:4:14: `roles` of h must be a list of names, this is text | write roles: [nginx]",
    ],
    ["roles: [nginx, ngnix]", "hosts.yml:4:22: there is no role `ngnix` | did you mean `nginx`?"],
    ["roles: [mail]", "hosts.yml:4:15: there is no role `mail` | it has haproxy, keepalived, nginx"],
    ["roles: [nginx, nginx]", "hosts.yml:4:22: the role `nginx` stands here twice"],
    ["roles: [80]", "hosts.yml:4:15: a role is named by text, this is a number (80)"],
  ])("%s", (lines, message) => {
    expect(told(rolesOf(host(lines), known))).toEqual([message]);
  });
});

describe("misspeltRoles", () => {
  const known = ["nginx", "app", "mysqld"];
  const check = (lines: string): readonly string[] => {
    const reading = readGood(oneHost(lines));
    return summaries(misspeltRoles(hostOf(reading, "h"), known, reading.references));
  };

  it("a mapping that nearly bears the name of a role the host plays", () => {
    expect(check("roles: [nginx]\nngnix:\n  port: 80")).toEqual([
      "hosts.yml:5:7: `ngnix` is no role, and nothing refers to it, while h plays the role `nginx` | did you mean `nginx`?",
    ]);
  });

  it.each([
    ["the role has its variables", "roles: [nginx]\nngnix: {a: 1}\nnginx: {}"],
    ["a template refers to it", "roles: [nginx]\nngnix: {a: 1}\nx: '{{ ngnix.a }}'"],
    ["the host does not play the role", "mysql: {a: 1}"],
    ["it is no mapping", "roles: [nginx]\nngnix: 1"],
    ["a short name may differ in one letter only", "roles: [app]\nape_: {a: 1}"],
  ])("not when %s", (_, lines) => {
    expect(check(lines)).toEqual([]);
  });
});

describe("targetOf", () => {
  it("a bare host", () => {
    expect(targetOf(host("x: 1"))).toEqual({
      ok: true,
      value: { connection: "ssh", target: { name: "h", host: "h", sudo: false } },
    });
  });

  it("everything", () => {
    const lines = `ansible_host: 10.0.0.1
ansible_port: "2222"
ansible_user: admin
ansible_ssh_private_key_file: ~/.ssh/key
ansible_become: yes
ansible_become_method: sudo
ansible_become_password: "-x"
ansible_password: "p\\tq"
ansible_ssh_common_args: -o ProxyJump=bastion -o "UserKnownHostsFile='a b'"
ansible_ssh_extra_args: '-4 -o Compression\\=yes'
ansible_connection: local
ansible_python_interpreter: /usr/bin/python3
`;
    expect(targetOf(host(lines))).toEqual({
      ok: true,
      value: {
        connection: "local",
        target: {
          name: "h",
          host: "10.0.0.1",
          port: 2222,
          user: "admin",
          keyFile: "~/.ssh/key",
          sudo: true,
          sudoPassword: "-x",
          password: "p\tq",
          sshArgs: [
            "-o",
            "ProxyJump=bastion",
            "-o",
            "UserKnownHostsFile='a b'",
            "-4",
            "-o",
            "Compression=yes",
          ],
        },
      },
    });
  });

  it("tells all that is wrong, and never shows a password's line", () => {
    const result = targetOf(
      host(`ansible_host: -oProxyCommand=x
ansible_port: 99999
ansible_user: 12
ansible_become: perhaps
ansible_become_method: doas
ansible_become_password: 271828
ansible_connection: winrm
ansible_ssh_common_args: "-o 'x"
`),
    );
    expect(told(result)).toEqual([
      "hosts.yml:4:21: ansible_host of h cannot be empty, start with a dash or hold control characters",
      "hosts.yml:5:21: ansible_port of h must be a port from 1 to 65535, this is a number (99999)",
      "hosts.yml:6:21: ansible_user of h must be text, this is a number (12) | put it in quotes",
      "hosts.yml:7:23: ansible_become of h must be true or false, this is text",
      "hosts.yml:8:30: ansible_become_method of h must be sudo: there is no other way to become root here",
      "hosts.yml:9:32: ansible_become_password of h must be text | put it in quotes: YAML reads it as something else",
      "hosts.yml:10:27: ansible_connection of h must be ssh or local",
      "hosts.yml:11:32: ansible_ssh_common_args of h has a quote that is not closed",
    ]);
    expect(JSON.stringify(result)).not.toContain("271828");
  });
});
