import { createServer, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { must } from "../support/lab.ts";
import { converge, expectDone, lab, on } from "./stack.ts";

const alert = z.looseObject({
  type: z.string(),
  host: z.string(),
  service: z.string().optional(),
  state: z.string(),
  server: z.string(),
});
type Alert = z.infer<typeof alert>;

/** Where this machine is in the lab: the bridge. */
const bridge = "10.77.0.1";

/** Takes webhooks, and keeps them. */
async function receiver(): Promise<{
  readonly alerts: Alert[];
  readonly url: string;
  readonly server: Server;
}> {
  const alerts: Alert[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      alerts.push(alert.parse(JSON.parse(Buffer.concat(chunks).toString())));
      response.end("ok");
    });
  });
  await new Promise<void>((listening) => server.listen(0, bridge, listening));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { alerts, url: `http://${bridge}:${port}/`, server };
}

/** Waits until so many fit; then until no more came for a while. */
async function settled(
  alerts: readonly Alert[],
  fits: (one: Alert) => boolean,
  seconds: number,
): Promise<readonly Alert[]> {
  const end = Date.now() + seconds * 1000;
  while (!alerts.some(fits)) {
    if (Date.now() > end)
      throw new Error(`no such alert within ${seconds} s; there were ${JSON.stringify(alerts)}`);
    await sleep(200);
  }
  // Longer than the other server waits before it tells by itself: interval, repeated checks and 20 s.
  await sleep(30_000);
  return alerts.filter(fits);
}

/** One alert; where there are more, the failure shows them all. */
function expectOne(found: readonly Alert[]): void {
  expect(found.length, JSON.stringify(found, undefined, 2)).toBe(1);
}

/** Waits until a Nagios server has found everything well. */
async function allWell(host: string, seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const said = must(await lab.exec(host, "/usr/lib/provision/nagios-summary", 20));
    if (said.code === 0) return;
    if (Date.now() > end) throw new Error(`${host}: not all is well after ${seconds} s: ${said.stdout}`);
    await sleep(1000);
  }
}

/** Alerts: each once, although two servers watch; and also when one of them is dead. */
export function monitoringTests(): void {
  describe("alerts", () => {
    it("come exactly once for a killed service, also with one monitoring host down", {
      timeout: 420_000,
    }, async () => {
      const { alerts, url, server } = await receiver();
      try {
        const nagios = { interval: 5, retry: 1, attempts: 2, webhook: url };
        expectDone(await converge("-e", JSON.stringify({ nagios })));
        for (const host of ["mon1", "mon2"]) await allWell(host, 90);
        const about = (host: string, type: string) => (one: Alert) =>
          one.host === host && /memcached/.test(one.service ?? "") && one.type === type;

        await on("cache1", "systemctl stop memcached");
        expectOne(await settled(alerts, about("cache1", "PROBLEM"), 60));
        await on("cache1", "systemctl start memcached");
        await allWell("mon1", 90);

        must(await lab.shutDown("mon1"));
        await on("cache2", "systemctl stop memcached");
        expectOne(await settled(alerts, about("cache2", "PROBLEM"), 90));
        expect(alerts.find(about("cache2", "PROBLEM"))?.server).toBe("mon2");
        // And the loss of the server itself, once, by the one that is left.
        expect(alerts.filter((one) => one.host === "mon1" && one.state === "DOWN")).toHaveLength(1);
        await on("cache2", "systemctl start memcached");
      } finally {
        server.close();
        const off = must(await lab.status()).some(
          ({ name, state }) => name === "mon1" && state === "stopped",
        );
        if (off) must(await lab.powerOn("mon1"));
      }
      expectDone(await converge());
    });
  });
}
