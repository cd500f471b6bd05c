import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { openFilesFact } from "../../../roles/limits.ts";
import { start } from "../support/command.ts";
import { converge, databases, expectDone, expectNothingToDo, inventory, on, primary } from "./stack.ts";

const workers = (count: number): string => JSON.stringify({ nginx: { workers: count } });
/** What the inventory says of the database: a variable of the command line replaces all of it. */
const accounts = { databases: { notes: {} }, users: { notes: { database: "notes" } } };
const masterOf = (host: string): Promise<string> => on(host, "systemctl show -p MainPID --value nginx");
const workersOf = (host: string): Promise<string> => on(host, "grep worker_processes /etc/nginx/nginx.conf");

const load = z.strictObject({
  reads: z.int(),
  failedReads: z.int(),
  writes: z.int(),
  failedWrites: z.int(),
  words: z.array(z.string()),
});

/** Starts fifty kept connections to the database on an application server; the result ends them and says what they saw. */
async function keptConnections(host: string): Promise<() => Promise<z.infer<typeof load>>> {
  const program = readFileSync(join(import.meta.dirname, "kept-connections.py"), "utf8");
  await on(host, `rm -f /run/kept.*; cat >/root/kept.py <<'PY'\n${program}\nPY`);
  await on(
    host,
    "systemd-run -q --collect --unit=kept -p EnvironmentFile=/etc/gunicorn-notes/environment -p StandardOutput=file:/run/kept.json python3 /root/kept.py /run/kept.stop",
  );
  return async () => {
    await on(
      host,
      "touch /run/kept.stop; for i in $(seq 150); do [ -s /run/kept.json ] && break; sleep 0.1; done",
    );
    return load.parse(JSON.parse(await on(host, "cat /run/kept.json; rm -f /run/kept.* /root/kept.py")));
  };
}

/** What keeps a service at its floor: members that are not healthy, `--limit`, other runs, connections that are kept. */
export function floorTests(): void {
  describe("a web server", () => {
    it("is not touched with --limit while the other one is down", async () => {
      await on("web2", "systemctl stop nginx");
      const before = await workersOf("web1");
      const refused = await converge("-e", workers(3), "-l", "web1");
      expect(refused.code, refused.out).toBe(1);
      expect(refused.out).toContain(
        "web1: skipped. web2 is not healthy, and `http` must keep 1 of 2 members healthy",
      );
      expect(await workersOf("web1")).toBe(before);
      await on("web2", "systemctl start nginx");
      expectDone(await converge("-e", workers(3), "-l", "web1"));
      expect(await workersOf("web1")).toContain("3");
      expectDone(await converge());
    });

    it("is disturbed by one run at a time: two limited runs do not meet", async () => {
      const pids = await Promise.all(["web1", "web2"].map(masterOf));
      const both = ["web1", "web2"].map(
        (host) => start(["-i", inventory, "-e", workers(3), "-l", host]).ended,
      );
      const ends = await Promise.all(both);
      const done = ends.filter(({ code }) => code === 0).length;
      expect(done, ends.map(({ out }) => out).join("\n")).toBeLessThanOrEqual(1);
      for (const { code, out } of ends)
        if (code !== 0)
          expect(out).toMatch(/web[12]: skipped\. One run at a time may disturb `http`|held by another run/);
      expectDone(await converge());
      expectNothingToDo(await converge());
      expect(await Promise.all(["web1", "web2"].map(masterOf))).toEqual(pids);
    });
  });

  describe("a balancer", () => {
    const connections = (count: number): string => JSON.stringify({ haproxy: { maxConnections: count } });

    it("is left as it is where it would need more open files than its host allows; just as many it takes", async () => {
      const most = Number(await on("lb2", openFilesFact));
      const before = await on("lb2", "systemctl show -p MainPID --value haproxy");
      const refused = await converge("-e", connections(1_000_000), "-l", "lb2");
      expect(refused.code, refused.out).toBe(1);
      expect(refused.out).toContain(
        `\`haproxy.maxConnections\` needs 2000500 open files, but this host allows a process ${most}`,
      );
      expect(await on("lb2", "systemctl show -p MainPID --value haproxy")).toBe(before);

      const fits = Math.floor((most - 500) / 2);
      expectDone(await converge("-e", connections(fits), "-l", "lb2"));
      const worker = await on("lb2", "pgrep -nx haproxy");
      const files = Number(await on("lb2", `awk '/^Max open files/ { print $4 }' /proc/${worker}/limits`));
      expect(files).toBeGreaterThanOrEqual(2 * fits);
      expectDone(await converge());
    });
  });

  describe("three databases whose settings change, under fifty kept connections", () => {
    it("are changed one after another, and no read fails", { timeout: 180_000 }, async () => {
      const stop = await keptConnections("app1");
      await sleep(2000);
      const restarts = (): Promise<readonly string[]> =>
        Promise.all(databases.map((host) => on(host, "systemctl show -p MainPID --value mariadb")));
      const before = await restarts();
      const leader = await primary();
      const begun = performance.now();
      const run = await converge(
        "-e",
        JSON.stringify({ mysql: { ...accounts, settings: { long_query_time: 7 } } }),
      );
      const seconds = (performance.now() - begun) / 1000;
      const seen = await stop();
      expectDone(run);
      process.stdout.write(
        `three databases changed in ${seconds.toFixed(1)} s under ${seen.reads} reads and ${seen.writes} writes of kept connections, ${seen.failedReads} and ${seen.failedWrites} failed\n`,
      );
      const after = await restarts();
      expect(after.filter((pid, index) => pid !== before[index])).toHaveLength(3);
      expect(await primary()).not.toBe(leader);
      expect(seen).toMatchObject({ failedReads: 0 });
      expect(seen.reads).toBeGreaterThan(100);
      expectDone(await converge());
    });
  });
}
