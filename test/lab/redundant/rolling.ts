import { describe, expect, it } from "vitest";
import { Client, fetchUntil, type Seen, shownCertificate } from "./client.ts";
import { converge, expectDone, expectNothingToDo, on } from "./stack.ts";

const balancers = ["lb1", "lb2"];

/** Lets `work` happen under requests through the balancers, and says what these have met. */
async function underRequests(work: () => Promise<void>): Promise<Seen> {
  const client = new Client(await shownCertificate());
  const stop = fetchUntil(client, "/");
  try {
    await work();
  } finally {
    await stop();
    client.close();
  }
  return stop();
}

/** Whether a balancer has been told to let go of a web server. */
async function drained(balancer: string, server: string): Promise<boolean> {
  const state = await on(balancer, "haproxy-ask /run/haproxy/admin.sock 'show servers state'");
  const line = state.split("\n").find((one) => one.split(" ")[3] === server);
  return Number(line?.split(" ")[6] ?? 0) !== 0;
}

async function expectAllInUse(): Promise<void> {
  for (const balancer of balancers) {
    for (const server of ["web1", "web2"])
      expect({ balancer, server, drained: await drained(balancer, server) }).toEqual({
        balancer,
        server,
        drained: false,
      });
    expect(await on(balancer, "ls /var/lib/provision/pending 2>/dev/null || true")).toBe("");
  }
}

/** Changes of members that serve: let go of, changed, healthy, taken back. */
export function rollingTests(): void {
  describe("a change of the web servers", () => {
    it("goes through them one by one, and no request fails", async () => {
      const seen = await underRequests(async () => {
        expectDone(await converge("-e", '{"nginx": {"workers": 2}}'));
        expectDone(await converge());
      });
      expect(seen.wrong).toEqual([]);
      expect(seen.count).toBeGreaterThan(100);
      await expectAllInUse();
    });

    it("is let go of by the balancers also when they are outside --limit", async () => {
      const run = await converge("-e", '{"nginx": {"workers": 2}}', "-l", "web1");
      expectDone(run);
      for (const balancer of balancers)
        expect(run.out).toMatch(new RegExp(`${balancer} +waits for requests under way on web1`));
      expectDone(await converge());
      await expectAllInUse();
    });

    it("that nginx refuses leaves every server in use, with its old settings", async () => {
      const seen = await underRequests(async () => {
        const refused = await converge("-e", '{"nginx": {"serverConfig": "no_such_word on;"}}');
        expect(refused.code, refused.out).toBe(1);
      });
      expect(seen.wrong).toEqual([]);
      expectDone(await converge());
      await expectAllInUse();
    });

    it("whose controller died between letting go and taking back: the next run takes back first", async () => {
      for (const balancer of balancers) {
        await on(balancer, "haproxy-ask /run/haproxy/admin.sock 'set server http/web1 state drain' || true");
        await on(
          balancer,
          "mkdir -p /var/lib/provision/pending; printf 'reload\\ndrain%%3Ahttp%%2Fweb1\\n' >/var/lib/provision/pending/drain%3Ahttp%2Fweb1",
        );
        expect(await drained(balancer, "web1")).toBe(true);
      }
      const seen = await underRequests(async () =>
        expectDone(await converge("-e", '{"nginx": {"workers": 2}}')),
      );
      expect(seen.wrong).toEqual([]);
      await expectAllInUse();
      expectDone(await converge());
      expectNothingToDo(await converge());
    });
  });
}
