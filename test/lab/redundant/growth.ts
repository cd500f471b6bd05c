import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { provision, root } from "../support/command.ts";
import { converge, expectDone, expectNothingToDo, hosts, inventory, on } from "./stack.ts";

const third = join(root, "test/lab/redundant/third.yml");

/** What on a host speaks of web3. The lab's own files, logs and the manifest's hashes do not count. */
const traces = (host: string): Promise<string> =>
  on(
    host,
    "grep -rlE 'web3|10\\.77\\.0\\.23' /etc /usr/lib/provision /usr/local /var/lib/provision 2>/dev/null || true; nft list ruleset | grep -o '10.77.0.23' | sort -u || true",
  );

/** A host comes, and goes again. */
export function growthTests(): void {
  describe("a third web server", () => {
    it("is known to balancers, firewalls and both Nagios servers by one more line of the inventory", async () => {
      expectDone(await provision("lab", "up", "-i", inventory, "-i", third));
      expectDone(await provision("-i", inventory, "-i", third));
      for (const host of ["lb1", "lb2"]) {
        expect(await on(host, "cat /etc/haproxy/haproxy.cfg")).toContain("10.77.0.23:80");
        const servers = await on(host, "haproxy-ask /run/haproxy/admin.sock 'show servers state'");
        expect(servers).toContain("web3");
      }
      for (const host of ["app1", "app2"])
        expect(await on(host, "nft list table inet provision")).toContain("10.77.0.23");
      for (const host of ["mon1", "mon2"]) {
        expect(await on(host, "cat /etc/nagios4/provision/objects.cfg")).toContain("web3");
        expect(await on("web3", "cat /etc/nagios/nrpe.cfg /etc/nagios/nrpe.d/*.cfg")).toContain(
          hosts.get(host),
        );
      }
      expect((await provision("-i", inventory, "-i", third)).out).toContain("nothing to change on 14 hosts");
    });

    it("is gone from everywhere when the line is gone", async () => {
      expectDone(await converge());
      for (const host of hosts.keys()) expect(await traces(host), host).toBe("");
      for (const host of ["lb1", "lb2"]) {
        const servers = await on(host, "haproxy-ask /run/haproxy/admin.sock 'show servers state'");
        expect(servers).not.toContain("web3");
      }
      expectNothingToDo(await converge());
      expectDone(await provision("lab", "up", "-i", inventory));
    });
  });
}
