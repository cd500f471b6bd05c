import { unlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { dir, lab, on, ssh, stepsOf, up, web1, web2 } from "./fixtures/two-hosts.ts";
import { must } from "./support/lab.ts";

beforeAll(() => up([web1, web2]), 180_000);

describe("hosts can be hurt", () => {
  const bootId = (): Promise<string> => on("web1", "cat /proc/sys/kernel/random/boot_id");

  it.each(["shutDown", "powerOff"] as const)(
    "%s and powerOn: the same files, another boot",
    async (how) => {
      await on("web1", `echo ${how} > /root/kept`);
      const before = await bootId();
      must(await lab[how]("web1"));
      expect(must(await lab.status()).map((host) => host.state)).toEqual(["stopped", "running"]);
      expect((await ssh("web1", "true")).code).toBe(255);
      must(await lab.powerOn("web1"));
      expect(await on("web1", "cat /root/kept")).toBe(how);
      expect(await bootId()).not.toBe(before);
    },
    60_000,
  );

  it("freeze and thaw: silent, then as before", async () => {
    const before = await bootId();
    must(await lab.freeze("web1"));
    expect(must(await lab.status())[0]).toMatchObject({ state: "frozen" });
    expect((await ssh("web1", "true")).code).toBe(255);
    must(await lab.thaw("web1"));
    expect(await ssh("web1", "true")).toMatchObject({ code: 0 });
    expect(await bootId()).toBe(before);
  }, 30_000);

  it("linkDown and linkUp: unreachable, then reachable again, also outwards", async () => {
    must(await lab.linkDown("web1"));
    expect((await ssh("web1", "true")).code).toBe(255);
    must(await lab.linkUp("web1"));
    while ((await ssh("web1", "ip route get 192.0.2.1")).code !== 0) await sleep(100);
  }, 30_000);

  it("a host that died is made again by up", async () => {
    must(await lab.powerOff("web1"));
    const events = await up([web1, web2]);
    expect(stepsOf(events, "web1")).toEqual(["removing", "removed", "overlay", "booting", "ready"]);
    expect(stepsOf(events, "web2")).toEqual(["kept"]);
  }, 60_000);

  it("a host that cannot boot fails at once, with the end of its console", async () => {
    must(await lab.powerOff("web1"));
    unlinkSync(join(dir, "hosts/web1/root/usr/lib/systemd/systemd"));
    const begun = performance.now();
    const done = await lab.powerOn("web1");
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(done).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining("web1: ended while booting") },
    });
    if (!done.ok) expect(done.error.detail).toMatch(/execv.*No such file/);
  }, 30_000);

  it("says which host there is not", async () => {
    for (const done of [await lab.powerOff("web7"), await lab.powerOn("web7"), lab.sshCommand("web7")])
      expect(done).toMatchObject({ ok: false, error: { message: expect.stringContaining("web7") } });
  });
});
