import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { vagrant } from "../../src/lab/vagrant/run.ts";
import {
  clear,
  command,
  lb1,
  lb2,
  made,
  names,
  none,
  prepare,
  scratch,
  traces,
  VIP,
  web1,
} from "./fixtures/vagrant-lxc.ts";
import { root, start } from "./support/command.ts";
import { must } from "./support/lab.ts";

beforeAll(prepare, 240_000);
afterAll(clear, 240_000);

const dir = join(scratch, ".provision/lab");
const place = { dir, vagrantfile: join(root, "vagrant") };
const up = ["lab", "up", "--driver", "vagrant", "-i", "hosts.yml"];

async function succeeds(...args: readonly string[]): Promise<string> {
  const { code, out } = await command(...args);
  expect(code, out).toBe(0);
  return out;
}

/** What a user sees at the address, whose certificate the balancers have made themselves. */
async function page(): Promise<string> {
  const { stdout } = await promisify(execFile)("curl", [
    ..."-fksSL --max-time 2".split(" "),
    `http://${VIP}/`,
  ]);
  return stdout;
}

/** Whether a balancer has the address, seen from inside. */
async function holds(name: string): Promise<boolean> {
  const out = await succeeds("lab", "ssh", name, "ip", "-4", "-oneline", "address");
  return out.includes(` ${VIP}/`);
}

describe("three machines by Vagrant", () => {
  it("come up from the inventory, their keys known before the first login", async () => {
    const out = await succeeds(...up);
    for (const name of names) expect(out).toContain(`${name}: ready`);
    const keys = names.map((name) => knownKey(name));
    expect(new Set(keys).size).toBe(3);
    for (const name of names)
      expect(await succeeds("lab", "ssh", name, "hostname; id -un")).toBe(`${name}\nroot\n`);
    expect(await succeeds("lab", "status")).toMatch(/provision-lb1 +192\.168\.56\.11 +running\n/);
  }, 240_000);

  it("are kept by a second up, and belong to Vagrant until they are down", async () => {
    const out = await succeeds("lab", "up", "-i", "hosts.yml");
    for (const name of names) expect(out).toContain(`${name}: kept`);
    const other = await command("lab", "up", "--driver", "nspawn", "-i", "hosts.yml");
    expect(other).toMatchObject({ code: 3, out: expect.stringContaining("provision lab down removes it") });
  });

  it("become balancers and a web server, and the second run finds nothing to do", async () => {
    await succeeds("-i", "hosts.yml");
    expect(await page()).toContain(`Served by ${web1}`);
    expect(await succeeds("-i", "hosts.yml")).toContain("nothing to change on 3 hosts");
  });

  it("are refused when one shows another key than at its birth", async () => {
    const file = join(dir, "known_hosts");
    const before = readFileSync(file, "utf8");
    writeFileSync(file, before.replace(knownKey(web1), knownKey(lb1)));
    const { code, out } = await command("check", "-i", "hosts.yml", "-l", web1);
    writeFileSync(file, before);
    expect(code, out).toBe(1);
    expect(out).toMatch(/host-key/);
  });

  it("the address moves when its holder is halted, and the halted one comes back", async () => {
    const [first, second] = (await holds(lb1)) ? [lb1, lb2] : [lb2, lb1];
    expect([await holds(first), await holds(second)]).toEqual([true, false]);
    must(await vagrant(place, ["halt", first]));
    const answered = await within(10_000, page);
    expect(answered).toContain(`Served by ${web1}`);
    expect(await holds(second)).toBe(true);
    const status = await command("lab", "status");
    expect(status).toMatchObject({ code: 1, out: expect.stringMatching(new RegExp(`${first} .*stopped`)) });
    expect(await succeeds(...up)).toContain(`${first}: ready`);
    expect(await succeeds("check", "-i", "hosts.yml")).toBeDefined();
  });

  it("leave nothing when they are destroyed", async () => {
    expect(made()).toEqual(names);
    await succeeds("lab", "down");
    expect(traces()).toEqual(none);
  });
});

describe("what an up left", () => {
  it("that was killed, down removes", async () => {
    const running = start(up, scratch);
    await running.printed(`${lb1}: booting`);
    running.child.kill("SIGKILL");
    await running.ended;
    await succeeds("lab", "down");
    expect(traces()).toEqual(none);
  });

  it("that was interrupted, down removes; nothing was cut off in the middle", async () => {
    const running = start(up, scratch);
    await running.printed(`${lb1}: booting`);
    running.child.kill("SIGINT");
    const { code, out } = await running.ended;
    expect(code, out).toBe(1);
    expect(out).toContain("stopped: `provision lab up` continues, `provision lab down` removes the lab");
    expect(traces().processes.filter((line) => line.includes("ruby"))).toEqual([]);
    await succeeds("lab", "down");
    expect(traces()).toEqual(none);
  });

  it("that failed, down removes; the failure is told in Vagrant's words", async () => {
    const { code, out } = await command(...up, "-e", '{"lab": {"box": "no-such-box"}}');
    expect(code, out).toBe(1);
    expect(out).toContain("no-such-box");
    await succeeds("lab", "down");
    expect(existsSync(dir)).toBe(false);
  });
});

describe("what is missing is named", () => {
  it("a provider", async () => {
    process.env.VAGRANT_DEFAULT_PROVIDER = "virtualbox";
    const { code, out } = await command(...up);
    process.env.VAGRANT_DEFAULT_PROVIDER = "lxc";
    expect(code, out).toBe(3);
    expect(out).toContain("install VirtualBox, VMware, Parallels or libvirt");
    await succeeds("lab", "down");
  });
});

/** The ed25519 key that known_hosts has for a machine. */
function knownKey(name: string): string {
  const lines = readFileSync(join(dir, "known_hosts"), "utf8").split("\n");
  const line = lines.find((one) => one.includes(`,${name} ssh-ed25519 `)) ?? "";
  return line.split(" ")[2] ?? "";
}

/** Tries again until it succeeds; fails with the last error. */
async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(100);
    }
  }
}
