import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { LabHost } from "../../src/lab/driver.ts";
import { nspawnLab } from "../../src/lab/nspawn/nspawn.ts";
import { alive, linksLeft, membersOf, portsOf } from "./fixtures/machine.ts";
import {
  BRIDGE,
  buildUp,
  dir,
  lab,
  nothing,
  on,
  SUBNET,
  scratch,
  ssh,
  stepsOf,
  traces,
  up,
  upUntil,
  web1,
  web2,
} from "./fixtures/two-hosts.ts";
import { bridges, must } from "./support/lab.ts";

beforeAll(buildUp);

const forwarding = (): string => readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8");
const otherLabs = (): boolean => existsSync("/run/provision-lab/labs");

describe("bad input is refused before anything is touched", () => {
  const refusals: readonly (readonly [string, readonly LabHost[]])[] = [
    ["no hosts", []],
    ["in one /24", [web1, { name: "far", address: "10.79.0.21" }]],
    ["called web1", [web1, { ...web2, name: "web1" }]],
    [`called ${web1.address}`, [web1, { ...web2, address: web1.address }]],
    ["is the bridge", [{ name: "web1", address: `${SUBNET}.1` }]],
    ["not an IP address", [{ name: "web1", address: "web1.example.org" }]],
    ["cannot be a hostname", [{ name: "../web1", address: web1.address }]],
  ];
  it.each(refusals)("%s", async (words, hosts) => {
    const done = await lab.up(hosts);
    expect(done).toMatchObject({ ok: false, error: { input: true } });
    if (!done.ok) expect(`${done.error.message} ${done.error.hint}`).toContain(words);
    expect(traces()).toEqual(nothing);
  });

  it("a subnet this machine reaches another way", async () => {
    const other = nspawnLab({ dir: join(scratch, "other"), bridge: bridges.second });
    await up([web1]);
    const done = await other.up([{ name: "web9", address: `${SUBNET}.99` }]);
    expect(done).toMatchObject({
      ok: false,
      error: { input: true, message: expect.stringContaining(BRIDGE) },
    });
    must(await lab.down());
  }, 180_000);

  it("a machine without root", async () => {
    const ended = await upUntil("", "SIGKILL", [web1], 65_534);
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining("needs root") });
  });
});

describe("a lab of two hosts", () => {
  it("comes up, with real systemd and without Python", async () => {
    const events = await up([web1, web2]);
    for (const host of ["web1", "web2"])
      expect(stepsOf(events, host)).toEqual(["overlay", "booting", "ready"]);
    for (const host of ["web1", "web2"]) {
      expect((await on(host, "systemctl is-system-running; hostname")).split("\n")).toEqual([
        "running",
        host,
      ]);
      expect(await on(host, "command -v python3 curl || echo none")).toBe("none");
    }
    const ids = await Promise.all(["web1", "web2"].map((host) => on(host, "cat /etc/machine-id")));
    expect(new Set(ids).size).toBe(2);
    expect(ids.join("")).toMatch(/^[0-9a-f]{64}$/);
  }, 180_000);

  it("lets in the lab's key only, by host keys known beforehand", async () => {
    expect(await ssh("web1", "hostname; id -un")).toMatchObject({ code: 0, stdout: "web1\nroot\n" });
    expect(await ssh("web2", "sudo -n id -un", "admin")).toMatchObject({ code: 0, stdout: "root\n" });
    expect(await ssh("web2", "sudo -n id -un", "operator")).toMatchObject({ code: 1, stdout: "" });
    const asked = await ssh("web2", "echo operator-password | sudo -S id -un", "operator");
    expect(asked).toMatchObject({ code: 0, stdout: "root\n" });
    const [first, second] = readFileSync(join(dir, "known_hosts"), "utf8").split("\n");
    const [key1, key2] = [first?.split(" ")[2], second?.split(" ")[2] ?? ""];
    expect(key1).not.toBe(key2);
    writeFileSync(join(dir, "known_hosts"), `${web1.address} ssh-ed25519 ${key2}\n`);
    const refused = await ssh("web1", "true");
    expect(refused).toMatchObject({
      code: 255,
      stderr: expect.stringContaining("IDENTIFICATION HAS CHANGED"),
    });
    await up([web1, web2]); // writes them again
    expect(await ssh("web1", "true")).toMatchObject({ code: 0 });
    expect(
      await on("web1", "journalctl --no-pager -o cat -t sshd | grep -c '^Accepted publickey for root'"),
    ).toBe("2");
  });

  it("keeps what runs: a second up does nothing", async () => {
    const before = must(await lab.status());
    await on("web1", "touch /root/mine");
    const events = await up([web1, web2]);
    expect(events.map((event) => event.step)).toEqual(["kept", "kept"]);
    expect(must(await lab.status())).toEqual(before);
    await on("web1", "test -e /root/mine");
  });

  it("installs packages from the outside, and the next lab needs no download", async () => {
    await on("web1", "apt-get -qq install --yes hello && hello");
    must(await lab.down());
    await up([web1, web2]);
    expect(await on("web1", "test ! -e /root/mine && command -v hello || echo pristine")).toBe("pristine");
    await on("web2", "apt-get -qq install --yes --no-download hello && hello");
  }, 120_000);

  it("removes a host that left the inventory, and adds it again", async () => {
    expect(stepsOf(await up([web1]), "web2")).toEqual(["removing", "removed"]);
    expect(await lab.exec("web2", "true")).toMatchObject({ ok: false });
    const events = await up([web1, web2]);
    expect([stepsOf(events, "web1"), stepsOf(events, "web2")]).toEqual([
      ["kept"],
      ["overlay", "booting", "ready"],
    ]);
    expect(await ssh("web2", "hostname")).toMatchObject({ stdout: "web2\n" });
  }, 60_000);
});

describe("what an up left that was stopped", () => {
  it.each([
    ["overlay", "web1: overlay"],
    ["booting", "web2: booting"],
  ])(
    "SIGKILL at %s: up goes on",
    async (_, until) => {
      must(await lab.down());
      expect(await upUntil(until, "SIGKILL", [web1, web2])).toMatchObject({ signal: "SIGKILL" });
      await up([web1, web2]);
      for (const host of ["web1", "web2"])
        expect(await ssh(host, "hostname")).toMatchObject({ stdout: `${host}\n` });
    },
    120_000,
  );

  it("SIGKILL, and down removes it all", async () => {
    must(await lab.down());
    await upUntil("web2: booting", "SIGKILL", [web1, web2]);
    const members = membersOf(BRIDGE);
    must(await lab.down());
    expect(alive(members)).toEqual([]);
    expect(traces()).toEqual(nothing);
  }, 120_000);

  it("SIGINT: says what to do, and down removes it all", async () => {
    const ended = await upUntil("web2: booting", "SIGINT", [web1, web2]);
    expect(ended).toMatchObject({
      code: 1,
      signal: null,
      stdout: expect.stringContaining("`provision lab down`"),
    });
    must(await lab.down());
    expect(traces()).toEqual(nothing);
  }, 120_000);
});

describe("down", () => {
  it("leaves no process, mount, link, route, table, cgroup or file", async () => {
    const before = { forwarding: forwarding(), others: otherLabs() };
    await up([web1, web2]);
    const seen = traces();
    for (const [what, found] of Object.entries(seen)) expect(found, what).not.toEqual([]);
    const [members, ports] = [membersOf(BRIDGE), portsOf(BRIDGE)];
    expect(members.length).toBeGreaterThan(10);
    expect(ports).toHaveLength(2);
    must(await lab.down());
    expect(traces()).toEqual(nothing);
    expect(alive(members)).toEqual([]);
    expect(linksLeft(ports)).toEqual([]);
    if (!before.others && !otherLabs()) expect(forwarding()).toBe(before.forwarding);
  }, 60_000);

  it("has nothing to do where there is no lab", async () => {
    must(await lab.down());
    expect(traces()).toEqual(nothing);
  });
});
