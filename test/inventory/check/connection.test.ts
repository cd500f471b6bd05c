import { describe, expect, it } from "vitest";
import { distinct } from "../../../src/base/diagnostic.ts";
import { targetOf } from "../../../src/inventory/check/connection.ts";
import type { Host } from "../../../src/model/inventory.ts";
import type { Diagnostic } from "../../../src/model/source.ts";
import { hostOf, oneHost, readGood, summaries } from "../files.ts";

function host(lines: string): Host {
  return hostOf(readGood(oneHost(lines)), "h");
}

/** What is wrong, by place; all of it is wrong on the one host `h`. */
function told(result: { readonly ok: boolean; readonly error?: readonly Diagnostic[] }): readonly string[] {
  expect(result.ok).toBe(false);
  return summaries(distinct(result.error ?? [])).map((line) => line.replace(" (on h)", ""));
}

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

  it("reports all errors, and never shows a password's line", () => {
    const result = targetOf(
      host(`ansible_host: -oProxyCommand=x
ansible_port: 99999
ansible_user: 12
ansible_become: perhaps
ansible_become_method: doas
ansible_become_user: postgres
ansible_become_password: 271828
ansible_connection: winrm
ansible_ssh_common_args: "-o 'x"
`),
    );
    expect(told(result)).toEqual([
      "hosts.yml:4:21: ansible_host must be an IP address or a host name",
      "hosts.yml:5:21: ansible_port must be a port from 1 to 65535, this is a number (99999)",
      "hosts.yml:6:21: ansible_user must be text, this is a number (12) | put it in quotes",
      "hosts.yml:7:23: ansible_become must be true or false, this is text",
      "hosts.yml:8:30: ansible_become_method must be sudo: provision supports no other method",
      "hosts.yml:9:28: ansible_become_user must be root: provision supports no other user | leave it out",
      "hosts.yml:10:32: ansible_become_password must be text | put it in quotes: YAML reads it as something else",
      "hosts.yml:11:27: ansible_connection must be ssh or local",
      "hosts.yml:12:32: ansible_ssh_common_args has a quote that is not closed",
    ]);
    expect(JSON.stringify(result)).not.toContain("271828");
  });
});
