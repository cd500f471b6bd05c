import { describe, expect, it } from "vitest";
import { misspeltNames } from "../../../src/inventory/check/misspelt.ts";
import { hostOf, oneHost, readGood, summaries } from "../files.ts";

describe("misspeltNames", () => {
  const roles = ["nginx", "app", "mysqld"];
  const check = (lines: string): readonly string[] => {
    const reading = readGood(oneHost(lines));
    return summaries(
      misspeltNames(hostOf(reading, "h"), { roles, references: reading.references, playing: new Set(["h"]) }),
    );
  };

  it.each([
    ["roles: [nginx]\nngnix:\n  port: 80", "5:7", "ngnix", "nginx"],
    ["rolse: [nginx]", "4:7", "rolse", "roles"],
    ["role: app", "4:7", "role", "roles"],
    ["adress: 10.0.0.1", "4:7", "adress", "address"],
    ["ansible_usr: me", "4:7", "ansible_usr", "ansible_user"],
    ["ansible_hosts: 10.0.0.1", "4:7", "ansible_hosts", "ansible_host"],
    ["anisble_port: 22", "4:7", "anisble_port", "ansible_port"],
    ["ansible_becom: true", "4:7", "ansible_becom", "ansible_become"],
  ])("%s", (lines, at, name, meant) => {
    expect(check(lines)).toEqual([
      `hosts.yml:${at}: \`${name}\` is not a known variable, and nothing refers to it | did you mean \`${meant}\`?`,
    ]);
  });

  it.each([
    ["the role has its variables", "roles: [nginx]\nngnix: {a: 1}\nnginx: {}"],
    ["a template refers to it", "roles: [nginx]\nngnix: {a: 1}\nx: '{{ ngnix.a }}'"],
    ["a template that is not understood refers to it", "adress: a\nx: '{{ adress | upper }}'"],
    ["the host does not play the role", "mysql: {a: 1}"],
    ["it is no mapping", "roles: [nginx]\nngnix: 1"],
    ["a short name may differ in one letter only", "roles: [app]\nape_: {a: 1}"],
    ["it names no role of ours", "rules: [80, 443]\nrole: database"],
    ["there may be several", "addresses: [10.0.0.1]"],
    [
      "it is Ansible's own",
      [
        "ansible_python_interpreter",
        "ansible_become_flags",
        "ansible_ssh_pipelining",
        "ansible_ssh_host_key_checking",
        "ansible_ssh_args",
        "ansible_hostname",
        "ansible_ssh_user",
        "ansible_network_os",
        "ansible_winrm_transport",
      ]
        .map((name) => `${name}: x`)
        .join("\n"),
    ],
  ])("not when %s", (_, lines) => {
    expect(check(lines)).toEqual([]);
  });
});
