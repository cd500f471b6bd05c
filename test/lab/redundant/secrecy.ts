import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { provision, root } from "../support/command.ts";
import { hosts, inventory, on } from "./stack.ts";

/** All that must be seen nowhere: passwords, and a line from the middle of each key. */
export async function canaries(): Promise<readonly string[]> {
  const listed = await provision("secrets", "decrypt", "-i", inventory);
  expect(listed.code).toBe(0);
  const names = [...listed.out.matchAll(/^([a-z]+\/\S+)/gm)].map(([, name = ""]) => name);
  const values = await Promise.all(
    names.map(async (name) => (await provision("secrets", "decrypt", name, "-i", inventory)).out),
  );
  return values.flatMap((value) => {
    const key = /PRIVATE KEY-----(?:\n|\\n)([^\n\\]{20,})/.exec(value);
    return key?.[1] ?? (value.includes("BEGIN CERTIFICATE") ? [] : value.trim());
  });
}

/** Prints where on a host the words in /root/words are found: in an argv, a log, or a file that others may read. */
const search = `cd /
for file in /proc/[0-9]*/cmdline; do
  if tr '\\0' ' ' <"$file" 2>/dev/null | grep -qFf /root/words; then echo "argv: $file"; fi
done
if journalctl -q --no-pager -o cat | grep -qFf /root/words; then echo journal; fi
grep -rlFf /root/words /var/log /var/lib/provision 2>/dev/null
find / -xdev -type f -perm -o=r -size -2048k -not -path '/usr/share/*' -not -path '/usr/lib/*' -not -path '/var/cache/*' -print0 |
  xargs -0 -r grep -lFf /root/words 2>/dev/null
true`;

/** No secret is where it must not be: law 6. */
export function secrecyTests(): void {
  describe("secrets", () => {
    it("are in no argv, log, manifest or file that others may read, on any host", {
      timeout: 300_000,
    }, async () => {
      const words = await canaries();
      expect(words.length).toBeGreaterThan(20);
      expect(words.filter((word) => word.length < 16)).toEqual([]);
      for (const host of hosts.keys()) {
        // Put there from outside: as part of a command it would itself stand in an argv.
        const file = join(root, ".provision/lab/hosts", host, "root/root/words");
        writeFileSync(file, `${words.join("\n")}\n`, { mode: 0o600 });
        const found = await on(host, search);
        rmSync(file);
        expect(found, host).toBe("");
      }
    });

    it("are on the hosts that need them: the search would find them", async () => {
      const words = await canaries();
      const file = join(root, ".provision/lab/hosts/db1/root/root/words");
      writeFileSync(file, `${words.join("\n")}\n`, { mode: 0o600 });
      expect(await on("db1", "grep -rlFf /root/words /etc")).toContain("/etc/");
      rmSync(file);
    });
  });
}
