import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { start } from "./support/command.ts";
import { type TestLab, testLab } from "./support/lab.ts";

let lab: TestLab;
let inventory = "";
const hosts = [
  { name: "bare1", address: "10.79.0.31", packages: "minimal" },
  { name: "sudo1", address: "10.79.0.32" },
  { name: "pass1", address: "10.79.0.33" },
] as const;

beforeAll(async () => {
  lab = await testLab(hosts);
  inventory = join(lab.folder, "hosts.yml");
  const key = join(lab.folder, "lab/id_ed25519");
  writeFileSync(
    inventory,
    `all:
  vars:
    ansible_ssh_private_key_file: ${key}
    ansible_ssh_common_args: "-o UserKnownHostsFile=${join(lab.folder, "lab/known_hosts")}"
  children:
    app:
      vars: { roles: [common, gunicorn] }
      hosts:
        bare1: { ansible_host: 10.79.0.31, ansible_user: root }
    web:
      vars: { roles: [common, sidecar, nginx], ansible_become: true }
      hosts:
        sudo1: { ansible_host: 10.79.0.32, ansible_user: admin }
        pass1: { ansible_host: 10.79.0.33, ansible_user: operator }
`,
  );
});
afterAll(() => lab?.down());

const run = (password: string, ...args: readonly string[]) =>
  start([...args, "-i", inventory, "-K"], lab.folder, `${password}\n`).ended;

const page = async (address: string) =>
  (await fetch(`http://${address}/`, { signal: AbortSignal.timeout(10_000) })).text();

describe("hosts of all kinds", () => {
  it("need sshd and a POSIX shell: dash is enough, and logins through sudo give the same results", async () => {
    // bash is essential in Debian, which is why it must be taken away by force. Maintainer scripts use /bin/sh.
    await lab.on(
      "bare1",
      "! command -v python3 && ! command -v sudo && rm /bin/bash && chsh -s /bin/sh root",
    );
    const built = await run("operator-password");
    expect(built.code, built.out).toBe(0);
    for (const address of ["10.79.0.32", "10.79.0.33"])
      expect(await page(address)).toContain("Served by bare1");
    const again = await run("operator-password");
    expect(again.code, again.out).toBe(0);
    expect(again.out).toContain("nothing to change on 3 hosts");
    const wanted = async (host: string) =>
      (
        await lab.on(host, "sha256sum /etc/nginx/nginx.conf /etc/hosts /etc/apt/apt.conf.d/90provision")
      ).replaceAll(host, "HOST");
    // X-Served-By names the host; all else is the same however the host was logged in to.
    const hostless = async (host: string) =>
      (await lab.on(host, "cat /etc/nginx/nginx.conf")).replaceAll(host, "HOST");
    expect(await hostless("pass1")).toBe(await hostless("sudo1"));
    expect((await wanted("pass1")).split("\n").slice(1)).toEqual(
      (await wanted("sudo1")).split("\n").slice(1),
    );
  });

  it("refuse a wrong sudo password once, in words, without trying again", async () => {
    const before = await lab.on("pass1", "journalctl -q --no-pager | grep -c 'incorrect password' || true");
    const { code, out } = await run("not the password", "check", "-l", "pass1");
    expect(code, out).toBe(1);
    expect(out).toMatch(/sudo-refused/);
    expect(out).not.toContain("not the password");
    const after = await lab.on("pass1", "journalctl -q --no-pager | grep -c 'incorrect password' || true");
    expect(Number(after) - Number(before)).toBe(1);
  });

  it("say what to do when the login may not change anything", async () => {
    const { code, out } = await start(
      ["check", "-i", inventory, "-l", "sudo1", "-e", "ansible_become=false"],
      lab.folder,
    ).ended;
    expect(code, out).toBe(1);
    expect(out).toContain("ansible_become: true");
  });

  it("never see the password in an argv, a log or the journal", async () => {
    const seen: string[] = [];
    const running = run("operator-password", "check", "-vv", "-l", "pass1");
    const looking = (async () => {
      for (let turn = 0; turn < 20; turn += 1) seen.push(await lab.on("pass1", "ps -eo args; env"));
    })();
    const { code, out } = await running;
    await looking;
    expect(code, out).toBe(0);
    const everything = [out, ...seen, await lab.on("pass1", "journalctl -q --no-pager")].join("\n");
    expect(everything).not.toContain("operator-password");
  });
});
