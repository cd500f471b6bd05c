import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Ended, provision } from "../support/command.ts";
import { databases, expectDone, expectNothingToDo, inventory, on, primary } from "./stack.ts";

const Record = z.object({
  acknowledged: z.number(),
  judgesWrites: z.boolean(),
  untried: z.array(z.unknown()),
  verdicts: z.array(
    z.object({
      fault: z.string(),
      hit: z.array(z.string()),
      kinds: z.record(z.string(), z.object({ sent: z.number(), gap: z.number() })),
      missing: z.array(z.string()),
      moves: z.array(z.string()),
      lostKeys: z.number(),
      broken: z.array(z.string()),
    }),
  ),
  load: z.array(z.unknown()),
  stopped: z.string().optional(),
});

/** One fault of each way, spread over all tiers. */
const short = [
  "web: leader killed",
  "vip: leader stopped",
  "http: member frozen",
  "wsgi: member's host cut",
  "sql: leader killed",
  "sql: leader frozen",
  "sql: leader's host off",
  "sql: leader moved",
  "sql: leader's host cut off with a client",
  "store: leader paused",
  "http: all restarted",
];

const drill = (...more: readonly string[]): Promise<Ended> =>
  provision("drill", "-i", inventory, "--yes", "--seed", "7", ...more);

/** The document that a drill prints, and its exit code. */
async function record(...more: readonly string[]) {
  const { code, out } = await drill("-o", "json", ...more);
  const begin = out.indexOf("{");
  expect(begin, out).toBeGreaterThanOrEqual(0);
  return { code, out, ...Record.parse(JSON.parse(out.slice(begin, out.lastIndexOf("}") + 1))) };
}

/** `provision drill`, on a stack as it should be, and on stacks that somebody has broken. */
export function drillTests(): void {
  describe("provision drill", () => {
    it("breaks one thing of each kind, and finds every promise kept", { timeout: 600_000 }, async () => {
      const folder = mkdtempSync(join(tmpdir(), "provision-drill-"));
      const page = join(folder, "drill.html");
      try {
        const done = await record("--fault", short.join(","), "--report", page);
        for (const { fault, hit, kinds, broken } of done.verdicts)
          process.stdout.write(
            `${fault} (${hit.join(", ")}): ${Object.entries(kinds).map(([kind, { gap }]) => `${kind} ${gap} s`)}; ${broken.join("; ") || "kept"}\n`,
          );
        expect(done.verdicts.flatMap(({ fault, broken }) => broken.map((one) => `${fault}: ${one}`))).toEqual(
          [],
        );
        expect(done.verdicts.map(({ fault }) => fault).toSorted()).toEqual(short.toSorted());
        expect(done).toMatchObject({ code: 0, judgesWrites: true, untried: [] });
        expect(done.acknowledged).toBeGreaterThan(500);
        expect(readFileSync(page, "utf8")).toContain(`${short.length} faults`);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it("leaves nothing to do", async () => {
      expectNothingToDo(await provision("check", "-i", inventory));
    });
  });

  describe("provision drill of a stack that somebody has broken", () => {
    it("a leader that acknowledges what no other member has: names the writes that are lost", {
      timeout: 300_000,
    }, async () => {
      await on(await primary(), "mariadb -e 'SET GLOBAL rpl_semi_sync_master_timeout = 1'");
      const done = await record("--fault", "cut off with a client");
      expect(done.code).toBe(1);
      expect(done.stopped).toBe("sql: leader's host cut off with a client: acknowledged writes are missing");
      const [verdict] = done.verdicts;
      expect(verdict?.missing.length).toBeGreaterThan(5);
      expect(verdict?.broken.join()).toMatch(/acknowledged writes are missing: db[123]: [0-9a-f-]{36}/);
      await Promise.all(databases.map((host) => on(host, "systemctl restart provision-keeper")));
    });

    it("a cache that nobody refills: names the keys that are lost", { timeout: 300_000 }, async () => {
      const caches = ["cache1", "cache2"];
      const folder = "/run/systemd/system/memcached-refill.service.d";
      const nothing = `mkdir -p ${folder} && printf '[Service]\\nExecStart=\\nExecStart=/bin/true\\n' >${folder}/nothing.conf`;
      await Promise.all(caches.map((host) => on(host, `${nothing} && systemctl daemon-reload`)));
      try {
        const done = await record("--fault", "memcached: each killed", "--patience", "5");
        expect(done.code).toBe(1);
        expect(done.verdicts[0]?.broken.join()).toMatch(/\d+ keys of the cache are lost/);
      } finally {
        await Promise.all(
          caches.map((host) =>
            on(host, `rm -r ${folder} && systemctl daemon-reload && systemctl restart memcached-refill`),
          ),
        );
      }
    });

    it("an upstream whose check is only a connection, which a frozen server takes: names the requests that had to wait", {
      timeout: 300_000,
    }, async () => {
      for (const web of ["web1", "web2"])
        await on(
          web,
          "sed -i '/^    option httpchk/d; /^    http-check /d' /etc/haproxy/sidecar.cfg && systemctl reload sidecar",
        );
      const done = await record("--fault", "wsgi: member frozen");
      expect(done.code).toBe(1);
      expect(done.verdicts[0]?.broken.join()).toMatch(/the slowest read took|without a read|read: \d+ ×/);
      expectDone(await provision("-i", inventory));
      expectNothingToDo(await provision("check", "-i", inventory));
    });
  });
}
