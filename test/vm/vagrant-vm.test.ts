import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MINUTES, measured } from "./figures.ts";
import { clear, command, NAME, prepare, scratch, traces } from "./libvirt.ts";

beforeAll(prepare, 10 * MINUTES);
afterAll(clear, 5 * MINUTES);

const { figures, timed } = measured(command);

const BOOT_ID = ["lab", "ssh", NAME, "cat /proc/sys/kernel/random/boot_id"];
const bootId = async (): Promise<string | undefined> => {
  const { code, out } = await command(...BOOT_ID);
  return code === 0 ? out.trim() : undefined;
};

describe(`one virtual machine, in ${scratch}`, () => {
  it(
    "comes up, and runs a kernel of its own",
    async () => {
      const out = await timed("lab up", ["lab", "up", "--driver", "vagrant", "-i", "hosts.yml"]);
      expect(out).toContain(`${NAME}: ready`);
      const kernel = await timed("one login", ["lab", "ssh", NAME, "uname -r; systemd-detect-virt"]);
      expect(kernel).toMatch(/cloud-amd64\nqemu\n/);
    },
    10 * MINUTES,
  );

  it(
    "is provisioned, and the second run finds nothing to do",
    async () => {
      await timed("first run", ["-i", "hosts.yml"]);
      expect(await timed("second run", ["-i", "hosts.yml"])).toContain("nothing to change on 1 host");
    },
    10 * MINUTES,
  );

  it(
    "is what it was made after a real reboot",
    async () => {
      const before = await bootId();
      expect(before).toMatch(/^[0-9a-f-]{36}$/);
      await command("lab", "ssh", NAME, "systemctl reboot");
      const begun = performance.now();
      let after = await bootId();
      while (after === undefined || after === before) {
        expect(performance.now() - begun).toBeLessThan(5 * MINUTES);
        await sleep(1000);
        after = await bootId();
      }
      figures.push(`reboot: ${((performance.now() - begun) / 1000).toFixed(1)} s, ${before} → ${after}`);
      await timed("check", ["check", "-i", "hosts.yml"]);
    },
    10 * MINUTES,
  );

  it(
    "leaves nothing",
    async () => {
      await timed("lab down", ["lab", "down"]);
      expect(traces()).toEqual({ machines: [], disks: false, network: false, state: false });
    },
    5 * MINUTES,
  );
});
