import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { must } from "../support/lab.ts";
import { Client, fetchFor, fetchUntil, type Seen, shownCertificate } from "./client.ts";
import { converge, expectDone, expectNothingToDo, lab, on } from "./stack.ts";

const [webs, apps] = [
  ["web1", "web2"],
  ["app1", "app2"],
];

/** An application with slow answers, on ten workers. */
const slowApplication = JSON.stringify({
  gunicorn: {
    workers: 5,
    packages: [],
    app: { directory: "test/roles/sidecar/app", callable: "application:app" },
    environment: { LEDGER: "/tmp/ledger", ILL: "/tmp/ill", NAME: "slow" },
  },
});

/** Twenty clients of the stack, each with a connection of its own. */
async function withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(await shownCertificate(), 20);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** What clients saw while something happened, and for a moment after it. */
const underRequests = (path: string, what: () => Promise<void>): Promise<Seen> =>
  withClient(async (client) => {
    const stop = fetchUntil(client, path, 8);
    await sleep(500);
    await what().finally(stop);
    return stop();
  });

/** Waits until proxies on these hosts use a server, with the lines of their statistics. */
async function inUse(hosts: readonly string[], socket: string, server: string): Promise<void> {
  const stat = `haproxy-ask /run/${socket}/admin.sock 'show stat' | grep -E '^[^,]+,${server},' | grep -v ',UP,'`;
  for (const host of hosts)
    await on(host, `for i in $(seq 300); do ${stat} >/dev/null || exit 0; sleep 0.1; done; ${stat}; exit 1`);
}

const faults: readonly (readonly [
  what: string,
  hurt: (host: string, unit: string) => Promise<void>,
  heal: (host: string, unit: string) => Promise<void>,
])[] = [
  [
    "frozen",
    async (host, unit) => void (await on(host, `systemctl kill -s STOP ${unit}`)),
    async (host, unit) => void (await on(host, `systemctl kill -s CONT ${unit}`)),
  ],
  ["cut off", async (host) => must(await lab.linkDown(host)), async (host) => must(await lab.linkUp(host))],
  ["off", async (host) => must(await lab.powerOff(host)), async (host) => must(await lab.powerOn(host))],
];

/** What users see of application servers that are changed, busy, frozen, cut off or off. */
export function sidecarTests(): void {
  describe("the application servers behind sidecars", () => {
    it("get another release under requests, one by one: drained by each web server, and no request fails", async () => {
      const seen = await underRequests("/", async () => {
        const run = await converge("-e", slowApplication);
        expectDone(run);
        for (const [app, web] of apps.flatMap((app) => webs.map((web) => [app, web] as const)))
          expect(run.out).toMatch(new RegExp(`${web} +waits for requests under way on ${app} \\(wsgi\\)`));
      });
      expect(seen.wrong).toEqual([]);
      expect(seen.count).toBeGreaterThan(100);
    });

    it("are kept in use while requests of 2 s fill all ten workers: twenty clients, none fails", async () => {
      const seen = await withClient((client) => fetchFor(client, "/slow/2", 8, 20));
      expect(seen.wrong).toEqual([]);
      for (const web of webs) {
        const changes = await on(
          web,
          "haproxy-ask /run/sidecar/admin.sock 'show stat' | awk -F, '$1 == \"wsgi-local\" && $2 ~ /^app/ { print $2, $18 }'",
        );
        expect(changes).toBe("app1 UP\napp2 UP");
      }
      process.stdout.write(
        `20 clients, requests of 2 s, 10 workers: ${seen.count} answered, slowest ${(seen.slowest / 1000).toFixed(2)} s\n`,
      );
    });

    it.each(faults)("one is %s: no GET fails, and none takes longer than 2.5 s", async (what, hurt, heal) => {
      const seen = await underRequests("/", async () => {
        await hurt("app1", "gunicorn-notes");
        await sleep(4000);
      });
      await heal("app1", "gunicorn-notes");
      report(`an app server ${what}`, seen);
      expect(seen.wrong).toEqual([]);
      expect(seen.slowest).toBeLessThan(2500);
      await inUse(webs, "sidecar", "app1");
    });

    it("get the sample application back, and no request fails", async () => {
      const seen = await underRequests("/", async () => expectDone(await converge("--prune")));
      expect(seen.wrong).toEqual([]);
      expectNothingToDo(await converge());
    });
  });
}

function report(what: string, { count, wrong, slowest }: Seen): void {
  process.stdout.write(
    `${what}: ${count} GETs, ${wrong.length} failed, slowest ${(slowest / 1000).toFixed(2)} s\n`,
  );
}
