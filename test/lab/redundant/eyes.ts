import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadProject } from "../../../src/cli/project/project.ts";
import { root, start } from "../support/command.ts";
import { must } from "../support/lab.ts";
import { expectedPorts, listeningPorts, wrongPaths } from "../support/ports.ts";
import { Client, fetchMany, shownCertificate, vip } from "./client.ts";
import {
  databases,
  expectNothingToDo,
  hosts,
  inventory,
  on,
  primaries,
  primary,
  replicaField,
} from "./stack.ts";

/** Daemons' own checkers, the kernel's own tables and other people's clients: nothing that this project wrote. */
export function eyesTests(): void {
  describe("independent eyes", () => {
    it.each([
      ["lb1", "haproxy -c -f /etc/haproxy/haproxy.cfg"],
      ["lb2", "haproxy -c -f /etc/haproxy/haproxy.cfg"],
      ["lb1", "keepalived -t -f /etc/keepalived/keepalived.conf"],
      ["web1", "nginx -t"],
      ["web2", "nginx -t"],
      ["app1", "haproxy -c -f /etc/haproxy/sidecar.cfg"],
      ["mon1", "nagios4 -v /etc/nagios4/nagios.cfg"],
      ["mon2", "nagios4 -v /etc/nagios4/nagios.cfg"],
    ])("on %s: %s", async (host, command) => {
      await on(host, `${command} 2>&1`);
    });

    it("SHOW REPLICA STATUS: both replicas follow the one primary", async () => {
      const leader = await primary();
      expect(await primaries()).toEqual([leader]);
      for (const host of databases.filter((name) => name !== leader)) {
        expect(await replicaField(host, "Master_Host")).toBe(hosts.get(leader));
        expect(await replicaField(host, "Slave_IO_Running")).toBe("Yes");
        expect(await replicaField(host, "Slave_SQL_Running")).toBe("Yes");
        expect(await replicaField(host, "Master_SSL_Allowed")).toBe("Yes");
      }
      expect(await on(leader, "mariadb -N -e \"SHOW STATUS LIKE 'Rpl_semi_sync_master_status'\"")).toMatch(
        /ON/,
      );
    });

    it("one balancer holds the address", async () => {
      const held = await Promise.all(
        ["lb1", "lb2"].map((host) => on(host, `ip -o addr show | grep -c '${vip}/' || true`)),
      );
      expect(held.map(Number).sort()).toEqual([0, 1]);
    });

    it("ss: every host listens on what the topology declares, and on nothing else", async () => {
      const { topology } = must(loadProject({ inventory: [inventory], extraVars: [] }, root));
      for (const host of hosts.keys())
        expect({ host, ...(await listeningPorts(on, host)) }).toEqual({
          host,
          ...expectedPorts(topology, host),
        });
    });

    it("connects between every pair of hosts: only declared paths are open", async () => {
      const { topology } = must(loadProject({ inventory: [inventory], extraVars: [] }, root));
      expect(await wrongPaths(on, topology)).toEqual([]);
    });

    it("openssl s_client: the address speaks TLS 1.2 or better, with its certificate", () => {
      const ask = (...more: readonly string[]): string =>
        execFileSync("openssl", ["s_client", "-connect", `${vip}:443`, "-brief", ...more], {
          input: "",
          encoding: "utf8",
          stdio: ["pipe", "pipe", "pipe"],
        });
      expect(() => ask("-tls1_1")).toThrow();
      const shown = execFileSync(
        "sh",
        [
          "-c",
          `openssl s_client -connect ${vip}:443 </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName`,
        ],
        { encoding: "utf8" },
      );
      expect(shown).toContain(vip);
    });

    it("2,000 requests through the address: none fails", async () => {
      const client = new Client(await shownCertificate(), 16);
      const seen = await fetchMany(client, "/", 2000, 16);
      client.close();
      expect(seen).toMatchObject({ count: 2000, wrong: [] });
    });
  });

  describe("a run from elsewhere", () => {
    it("finds the same: nothing to do", async () => {
      const elsewhere = mkdtempSync(join(tmpdir(), "provision-elsewhere-"));
      try {
        cpSync(join(root, "inventories"), join(elsewhere, "inventories"), { recursive: true });
        symlinkSync(join(root, ".provision"), join(elsewhere, ".provision"));
        expectNothingToDo(await start(["-i", "inventories/lab.yml"], elsewhere).ended);
        expectNothingToDo(await start(["check", "-i", "inventories/lab.yml"], elsewhere).ended);
      } finally {
        rmSync(elsewhere, { recursive: true });
      }
    });
  });
}
