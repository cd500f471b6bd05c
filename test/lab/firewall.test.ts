import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json } from "../../src/model/json.ts";
import { root, start } from "./support/command.ts";
import { type EngineRun, runEngine } from "./support/engine.ts";
import { must, type TestLab, testLab } from "./support/lab.ts";
import { expectedPorts, listeningPorts, reachAll, reachable, wrongPaths } from "./support/ports.ts";
import { walledStack } from "./support/walled.ts";

const hosts = [
  { name: "fw1", address: "10.79.0.61", roles: ["firewall", "echo"] },
  { name: "fw2", address: "10.79.0.62", roles: ["firewall", "caller"] },
  { name: "fw3", address: "10.79.0.63", roles: [] },
];
const [one, two] = ["fw1", "fw2"];
const port = (name: string, number: number) => ({
  address: hosts.find((host) => host.name === name)?.address ?? "",
  port: number,
});

let lab: TestLab;
beforeAll(async () => {
  lab = await testLab(hosts.map(({ name, address }) => ({ name, address })));
});
afterAll(() => lab?.down());

const on = (host: string, command: string) => lab.on(host, command);

async function apply(vars: Json, names: readonly string[], more: Partial<EngineRun> = {}) {
  const run = await runEngine({
    command: "apply",
    targets: names.map((name) => lab.target(name)),
    resources: () => [],
    input: { wanted: walledStack(hosts, vars) },
    ...more,
  });
  return { ...run, outcomes: run.summary.hosts.map(({ outcome, done }) => `${outcome} ${done}`) };
}

const rules = (host: string) => on(host, "nft -s list table inet provision");
/** What is left of confirmations, by name: timers, their folders, marks. */
const leftovers = (host: string) =>
  on(
    host,
    "ls /run/provision-undo /var/lib/provision/pending 2>/dev/null | grep -v : ; systemctl list-units --all --plain --no-legend 'provision-undo*'",
  );

const lockedOut = { confirmSeconds: 5, ssh: { networks: ["192.0.2.0/24"] } };

describe("the firewall", () => {
  it("comes up under connections that are older than it, and does not cut them", async () => {
    await on(
      "fw3",
      "systemd-run -q systemd-socket-activate -l 7001 --inetd -a sh -c 'while echo tick; do sleep 0.1; done'",
    );
    await on(one, "systemd-run -q systemd-socket-activate -l 7000 --inetd -a cat");
    await on(one, "systemd-run -q systemd-socket-activate -l 7002 --inetd -a cat");
    // It only ever listens: the first packet after the rules is one that comes in.
    await on(one, `systemd-run -q bash -c 'exec cat </dev/tcp/10.79.0.63/7001 >/run/ticks'`);
    await on(one, "timeout 10 sh -c 'until [ -s /run/ticks ]; do sleep 0.1; done'");
    const { outcomes, summary } = await apply({}, [one, two]);
    expect(summary.hosts.map(({ failure }) => failure)).toEqual([undefined, undefined]);
    expect(outcomes).toEqual(["converged 6", "converged 6"]);
    const size = (await on(one, "stat -c %s /run/ticks")).trim();
    await on(one, `timeout 10 sh -c 'until [ "$(stat -c %s /run/ticks)" -gt ${size} ]; do sleep 0.1; done'`);
  });

  it("finds nothing to do a second time, and leaves no timer, folder or mark", async () => {
    expect((await apply({}, [one, two])).outcomes).toEqual(["unchanged 0", "unchanged 0"]);
    expect(await leftovers(one)).toBe("");
  });

  it("lets in who needs the service, and nobody else", async () => {
    const { topology } = walledStack(hosts, {});
    const playing = { ...topology, hosts: topology.hosts.filter(({ members }) => members.length > 0) };
    expect(await wrongPaths(on, playing)).toEqual([]);
    const [user, stranger, out] = await Promise.all([
      reachAll(on, two, [port(one, 7000), port(one, 7002)]),
      reachAll(on, "fw3", [port(one, 7000), port(one, 22)]),
      reachable(on, one, port("fw3", 7003)),
    ]);
    expect(user).toEqual(["open", "filtered"]);
    expect(stranger).toEqual(["filtered", "open"]);
    expect(out).toBe("refused");
    const listening = await listeningPorts(on, one);
    expect(listening.open.filter((name) => name !== "tcp 7002")).toEqual(expectedPorts(topology, one).open);
  });

  it("that would lock us out is taken back by the host itself, and the run says so", async () => {
    const before = await rules(one);
    const { summary, events } = await apply(lockedOut, [one]);
    const failure = summary.hosts[0]?.failure;
    expect(failure).toMatchObject({
      code: "not-confirmed",
      message: "fw1: the host has taken exec:firewall back, because no new login came through within 5 s",
      detail: expect.stringMatching(
        /no new login: .*\n(.*\n)*the undo ended with 0, as seen over the old connection/,
      ),
    });
    expect(events.flatMap((event) => (event.type === "waiting" ? [event.what] : []))).toEqual([
      "a new login, to confirm exec:firewall. Without it the host takes the change back within 5 s",
      "the host to take exec:firewall back",
    ]);
    expect(await rules(one)).toBe(before);
    // The journal knows who did it: the timer, not the connection.
    expect(await on(one, "journalctl -o cat | grep -c 'Starting provision-undo-'")).toBe("1");
    expect((await apply({}, [one])).outcomes).toEqual(["converged 1"]);
    expect(await leftovers(one)).toBe("");
  });

  it("is taken back by the host when the controller is killed before it has confirmed", async () => {
    const before = await rules(one);
    const inventory = join(lab.folder, "inventory.yml");
    mkdirSync(lab.folder, { recursive: true });
    const target = lab.target(one);
    const vars = {
      ansible_host: target.host,
      ansible_user: "root",
      ansible_ssh_private_key_file: target.keyFile,
      ansible_ssh_common_args: target.sshArgs?.join(" "),
      roles: ["firewall"],
      firewall: lockedOut,
    };
    writeFileSync(inventory, JSON.stringify({ all: { hosts: { fw1: vars } } }));
    const controller = start(["apply", "-i", inventory, "--output", "plain"], root);
    await controller.printed("waits for a new login");
    await on(
      one,
      "timeout 5 sh -c 'until nft list table inet provision | grep -q 192.0.2.0; do sleep 0.1; done'",
    );
    controller.child.kill("SIGKILL");
    await controller.ended;
    await on(
      one,
      "timeout 15 sh -c 'while nft list table inet provision | grep -q 192.0.2.0; do sleep 0.1; done'",
    );
    expect(await rules(one)).toBe(before);
    expect((await apply({}, [one])).outcomes).toEqual(["converged 1"]);
    expect((await apply({}, [one])).outcomes).toEqual(["unchanged 0"]);
    expect(await leftovers(one)).toBe("");
  });

  it("that was flushed, or opened, by hand is drift, and mended", async () => {
    const before = await rules(one);
    for (const hand of ["nft flush ruleset", "nft insert rule inet provision input accept"]) {
      await on(one, hand);
      const { summary } = await apply({}, [one], { command: "check" });
      expect(summary.hosts[0]?.left).toMatchObject([{ id: "exec:firewall", cause: "drift" }]);
      expect((await apply({}, [one])).outcomes).toEqual(["converged 1"]);
      expect(await rules(one)).toBe(before);
    }
  });

  it("never touches the tables of others", async () => {
    await on(one, "nft add table ip other; nft add chain ip other kept");
    await apply({ ping: false }, [one]);
    expect(await on(one, "nft list tables")).toContain("table ip other");
    expect((await apply({}, [one])).outcomes).toEqual(["converged 2"]);
  });

  it("is there again after a reboot, before anything else comes in", async () => {
    const before = await rules(one);
    must(await lab.lab.shutDown(one));
    must(await lab.lab.powerOn(one));
    expect(await rules(one)).toBe(before);
    expect((await apply({}, [one])).outcomes).toEqual(["unchanged 0"]);
    const order = await on(one, "systemctl show -p Before --value provision-firewall");
    expect(order.split(/\s+/)).toContain("network-pre.target");
  });

  it.each<[how: string, vars: (config: string) => Json]>([
    ["ansible_ssh_port: 2222", () => ({ ansible_ssh_port: 2222 })],
    ["-p 2222 in the options", () => ({ ansible_ssh_common_args: "-p 2222" })],
    ["an ssh config", (config) => ({ ansible_ssh_common_args: `-F ${config}` })],
  ])("with %s, a login by sudo: keeps that port open, and no other", async (_how, vars) => {
    const setUp = [
      "id deploy 2>/dev/null || useradd -m -s /bin/bash deploy",
      "echo 'deploy ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/deploy",
      "install -d -o deploy -m 700 /home/deploy/.ssh",
      "install -o deploy -m 600 /root/.ssh/authorized_keys /home/deploy/.ssh/authorized_keys",
      "echo Port 2222 >/etc/ssh/sshd_config.d/port.conf",
      "systemctl restart ssh",
    ];
    await on("fw3", setUp.join(" && "));
    mkdirSync(lab.folder, { recursive: true });
    const [inventory, config] = [join(lab.folder, "port.yml"), join(lab.folder, "ssh.cfg")];
    const { host, keyFile, sshArgs = [] } = lab.target("fw3");
    const known = sshArgs.join(" ");
    writeFileSync(config, `Host ${host}\n Port 2222\n`);
    const own = vars(config);
    const common = { ansible_ssh_host: host, ansible_ssh_extra_args: known, ansible_become: true };
    const login = { ansible_ssh_user: "deploy", ansible_ssh_private_key_file: keyFile, roles: ["firewall"] };
    writeFileSync(inventory, JSON.stringify({ all: { hosts: { fw3: { ...common, ...login } }, vars: own } }));
    const first = await start(["apply", "-i", inventory, "--output", "plain"], root).ended;
    expect([first.code, first.out]).toEqual([0, first.out]);
    expect(await on("fw3", "nft list table inet provision")).toMatch(/tcp dport 2222 accept/);
    expect(await reachAll(on, one, [port("fw3", 2222), port("fw3", 22)])).toEqual(["open", "filtered"]);
    expect((await start(["check", "-i", inventory], root).ended).code).toBe(0);
  });

  it("goes without a trace when its role does", async () => {
    const without = hosts.map((host) => ({
      ...host,
      roles: host.roles.filter((role) => role !== "firewall"),
    }));
    const { summary } = await apply({}, [one], {
      prune: true,
      input: { wanted: walledStack(without, {}), policy: { force: true } },
    });
    expect(summary.hosts[0]?.failure).toBeUndefined();
    expect(
      await on(
        one,
        "nft list tables; ls -d /etc/nftables.d /run/provision-firewall /etc/systemd/system/provision-firewall.service 2>/dev/null; true",
      ),
    ).toBe("");
  });
});
