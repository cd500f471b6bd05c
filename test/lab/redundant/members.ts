import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { provision } from "../support/command.ts";
import { whole } from "./load.ts";
import { converge, databases, expectDone, expectNothingToDo, inventory, on, primary } from "./stack.ts";

const replicas = async (): Promise<readonly string[]> => {
  const leader = await primary();
  return databases.filter((name) => name !== leader);
};
/** What a person does who misses nothing of it. */
const forgetAside = (): Promise<unknown> =>
  Promise.all(databases.map((host) => on(host, "rm -rf /var/lib/mysql.aside-*")));
const aside = (host: string): Promise<string> => on(host, "ls -d /var/lib/mysql.aside-* 2>/dev/null || true");

/** Members that lost or changed their data, and what a person may ask of the cluster. */
export function memberTests(): void {
  describe("members of the database", () => {
    // A leader that was cut off may have written what nobody acknowledged.
    beforeAll(forgetAside);
    afterAll(forgetAside);

    it("lead where they lead: a run leaves the leader where it is", async () => {
      const moved = await provision("switchover", "db", "-i", inventory);
      expectDone(moved);
      const leader = await primary();
      expect(moved.out).toContain(`${leader} leads sql now`);
      await whole();
      expectNothingToDo(await converge());
      expect(await primary()).toBe(leader);
    });

    it.each(["a replica", "the leader"])(
      "%s that lost its disk comes back with a copy, by itself",
      async (which) => {
        const [replica = ""] = await replicas();
        const host = which === "a replica" ? replica : await primary();
        await on(host, "systemctl kill -s KILL mariadb; rm -rf /var/lib/mysql");
        expectDone(await converge());
        await whole();
        expect(await aside(host)).toBe("");
      },
    );

    it("one with writes of its own keeps them aside, says so, and follows again", async () => {
      const [host = ""] = await replicas();
      await on(
        host,
        "systemctl stop provision-keeper && mariadb -e 'STOP SLAVE; SET GLOBAL read_only=0; CREATE DATABASE stray'",
      );
      await on(host, "systemctl start provision-keeper");
      await on(host, "for i in $(seq 60); do ls -d /var/lib/mysql.aside-* && break; sleep 1; done");
      await whole();
      expect(await aside(host)).toMatch(/^\/var\/lib\/mysql\.aside-\d{8}T\d{6}Z-term\d+$/);
      expect(await on(host, "mariadb -N -e \"SHOW DATABASES LIKE 'stray'\"")).toBe("");
      expect(await on(host, "curl -q -s http://127.0.0.1:9200/check/aside")).toMatch(
        /^1 data are kept aside/,
      );
      expect(await on(host, "[ -d /var/lib/mysql.aside-*/stray ] && echo kept")).toBe("kept");
      await forgetAside();
      expectNothingToDo(await converge());
    });

    it("roles that somebody moved by hand are put right", async () => {
      const [host = ""] = await replicas();
      const leader = await primary();
      await on(host, "mariadb -e 'SET GLOBAL read_only=0'");
      await on(leader, "mariadb -e 'SET GLOBAL read_only=1'");
      await whole();
      expect(await on(host, "sleep 1; mariadb -N -e 'SELECT @@read_only'")).toBe("1");
    });

    it("moves are refused in words where they cannot be", async () => {
      const lives = await provision("failover", "db", "-i", inventory);
      expect(lives.code).toBe(1);
      expect(lives.out).toContain("leads and takes writes");
      const unknown = await provision("switchover", "db", "-i", inventory, "--to", "web1");
      expect(unknown.code).toBe(3);
      expect(unknown.out).toContain("web1 is not a member of sql");
    });

    it("one waits for the others, and leads without them when a person says so", async () => {
      const leader = await primary();
      const [last = "", other = ""] = await replicas();
      for (const host of [other, leader])
        await on(host, "systemctl stop provision-keeper; systemctl kill -s KILL mariadb");
      await sleep(8000);
      const asked = await provision("failover", "db", "-i", inventory);
      expect(asked.code, asked.out).toBe(1);
      expect(asked.out).toContain(`wait for ${leader}, which led last and has every acknowledged write`);
      const forced = await provision("failover", "db", "-i", inventory, "--force", "--to", last);
      expect(forced.code, forced.out).toBe(1);
      expect(forced.out).toContain(`${last} leads sql now`);
      expect(forced.out).toContain("No other member follows it");
      for (const host of [other, leader]) await on(host, "systemctl start provision-keeper");
      await whole();
      expect(await primary()).toBe(last);
      expectNothingToDo(await converge());
    });
  });
}
