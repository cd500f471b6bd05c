import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sidecar } from "../../../roles/sidecar/role.ts";
import { Daemons, needProgram } from "../daemon.ts";
import { ask, eventually, movedShell } from "../haproxy/balancer.ts";
import { type AppServers, load, startAppServers } from "./app-servers.ts";

const daemons = new Daemons();
let stack: AppServers;

beforeAll(async () => {
  needProgram("haproxy", "haproxy");
  needProgram("gunicorn", "gunicorn");
  stack = await startAppServers(daemons, 5);
  await bothServe();
});
afterAll(() => daemons.end());

const get = (path: string, headers = {}) => ask(`http://127.0.0.1:${stack.port}${path}`, { headers });
const aliveStatus = async (index: number) =>
  (await ask(`http://127.0.0.1:${stack.ports[index]?.alive}/`)).status;

/** The names of the servers that answer now. */
async function answering(): Promise<readonly string[]> {
  const all = await Promise.all(Array.from({ length: 8 }, () => get("/")));
  return [...new Set(all.map(({ body }) => body.split(" ").at(-1) ?? ""))].sort();
}

const bothServe = () =>
  eventually(answering, (names) => JSON.stringify(names) === JSON.stringify(["app1", "app2"]));

/** Sends a signal to an app server and all of its workers. */
function signal(index: number, name: NodeJS.Signals): void {
  const pid = stack.processes[index]?.pid;
  if (pid === undefined) throw new Error("not started");
  process.kill(-pid, name);
}

async function run(text: string): Promise<number | null> {
  const child = spawn("sh", ["-c", movedShell(daemons.folder, text)]);
  await once(child, "exit");
  return child.exitCode;
}

/** All were answered, but one at most that had begun to answer: the rest of an answer cannot be had from another server. */
function expectAnswered(statuses: Readonly<Record<string, number>>): void {
  const { "Error: aborted": begun = 0, ...others } = statuses;
  expect(Object.keys(others)).toEqual(["200"]);
  expect(begun).toBeLessThanOrEqual(1);
}

/** A load of a kind that goes on while something happens. */
async function during(method: string, what: () => Promise<void>, path = () => "/") {
  let going = true;
  const met = load(stack.port, { method, path, width: 6, going: () => going });
  await what().finally(() => {
    going = false;
  });
  return met;
}

describe("the way to two app servers", () => {
  it("changes neither the host that is asked for nor the client's address", async () => {
    const { body } = await get("/", {
      Host: "www.example.org:8080",
      "X-Forwarded-For": "192.0.2.7, 10.0.0.1",
    });
    expect(body).toMatch(/^www\.example\.org:8080 192\.0\.2\.7, 10\.0\.0\.1 app[12]$/);
  });

  it("leaves out a frozen one: no GET fails, and none takes longer than 2.5 s", {
    timeout: 60_000,
  }, async () => {
    const met = await during("GET", async () => {
      await sleep(300);
      signal(0, "SIGSTOP");
      await sleep(3500);
      expect(await answering()).toEqual(["app2"]);
      signal(0, "SIGCONT");
      await bothServe();
    });
    expectAnswered(met.statuses);
    expect(met.slowest).toBeLessThan(2500);
    process.stdout.write(`frozen app server: slowest GET ${(met.slowest / 1000).toFixed(2)} s\n`);
  });

  it("never sends a POST twice", { timeout: 60_000 }, async () => {
    let sent = 0;
    const met = await during(
      "POST",
      async () => {
        await sleep(300);
        signal(1, "SIGSTOP");
        await sleep(3000);
        signal(1, "SIGCONT");
        await bothServe();
      },
      () => `/?${++sent}`,
    );
    const kept = readFileSync(stack.ledger, "utf8").split("\n").filter(Boolean);
    expect(new Set(kept).size).toBe(kept.length);
    expect(kept.length).toBeGreaterThanOrEqual(met.statuses["200"] ?? 0);
    // Only those that the frozen server had taken.
    expect(sent - (met.statuses["200"] ?? 0)).toBeLessThanOrEqual(6);
  });

  it("holds twenty clients with requests of 2 s on ten workers: none fails", {
    timeout: 60_000,
  }, async () => {
    const end = Date.now() + 6000;
    const met = await load(stack.port, {
      method: "GET",
      path: () => "/slow/2",
      width: 20,
      going: () => Date.now() < end,
    });
    expect(Object.keys(met.statuses)).toEqual(["200"]);
    // Two rounds of 2 s, and what the machine needs.
    expect(met.slowest).toBeLessThan(6000);
  });

  it("leaves out one that says it is not healthy", async () => {
    writeFileSync(`${stack.ill}-app2`, "");
    await eventually(answering, (names) => names.join() === "app1");
    rmSync(`${stack.ill}-app2`);
    await bothServe();
  });

  it("drains one, and takes it back", { timeout: 60_000 }, async () => {
    const { draining } = sidecar.carries ?? {};
    const endpoint = {
      ...{
        service: "wsgi",
        role: "gunicorn",
        host: "app1",
        address: "127.0.0.1",
        port: stack.ports[0]?.app ?? 0,
      },
      ...({ health: { type: "tcp" }, redundancy: "balanced" } as const),
    };
    const met = await during(
      "GET",
      async () => {
        await sleep(300);
        expect(await run(draining?.drain(endpoint, 10) ?? "exit 9")).toBe(0);
        expect(await answering()).toEqual(["app2"]);
        expect(await run(draining?.restore(endpoint, 10) ?? "exit 9")).toBe(0);
        await bothServe();
      },
      () => "/slow/0.2",
    );
    expect(Object.keys(met.statuses)).toEqual(["200"]);
  });

  it("loses no GET when one is killed", async () => {
    const met = await during("GET", async () => {
      await sleep(300);
      signal(0, "SIGKILL");
      await sleep(1500);
    });
    expectAnswered(met.statuses);
  });
});

describe("the health port of an app server", () => {
  it("answers while all workers are busy", { timeout: 60_000 }, async () => {
    const port = stack.ports[1]?.app ?? 0;
    const busy = Array.from({ length: 10 }, () => ask(`http://127.0.0.1:${port}/slow/1.5`));
    await sleep(300);
    const begun = performance.now();
    expect(await aliveStatus(1)).toBe(200);
    expect(performance.now() - begun).toBeLessThan(500);
    await Promise.all(busy);
  });

  it("answers while workers are replaced: no check is cut off", { timeout: 60_000 }, async () => {
    const seen = new Set<unknown>();
    await during("GET", async () => {
      for (let turn = 0; turn < 400; turn++)
        seen.add(await aliveStatus(1).catch((error: unknown) => String(error)));
    });
    expect([...seen]).toEqual([200]);
  });

  it("says what the application says", async () => {
    expect(await aliveStatus(1)).toBe(200);
    writeFileSync(`${stack.ill}-app2`, "");
    expect(await aliveStatus(1)).toBe(503);
    rmSync(`${stack.ill}-app2`);
  });
});
