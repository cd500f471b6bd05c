import { execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import {
  breakageOf,
  healNow,
  hurtFor,
  type InnerWay,
  missingPrograms,
} from "../../../src/drill/inject/breakage.ts";
import { findUnit, unitName } from "../../../src/drill/inject/daemon.ts";
import { islandOf, writesFrom } from "../../../src/drill/inject/island.ts";
import type { Endpoint, Topology } from "../../../src/model/topology.ts";

const ways: readonly InnerWay[] = ["killed", "stopped", "frozen", "paused", "cut", "lossy", "busy"];

const shellcheck = (text: string) =>
  spawnSync("shellcheck", ["-s", "sh", "-"], { input: text, encoding: "utf8" });

describe("scripts that break a host", () => {
  it.each(ways)("%s: shellcheck finds nothing in what hurts and what heals", (way) => {
    const breakage = breakageOf(way, "haproxy.service");
    const all = [
      hurtFor(10, breakage),
      healNow(breakage),
      breakage.hurt,
      breakage.heal,
      missingPrograms(way),
    ];
    for (const { text } of all) {
      const { status, stdout } = shellcheck(text);
      expect({ status, stdout, text }).toMatchObject({ status: 0 });
    }
  });

  it.each(ways)("%s: the timer that heals is set before anything is hurt", (way) => {
    const { text } = hurtFor(10, breakageOf(way, "haproxy.service"));
    const timer = text.indexOf("--on-active=10");
    expect(timer).toBeGreaterThan(0);
    expect(text.slice(0, timer)).not.toContain(breakageOf(way, "haproxy.service").hurt.text.slice(0, 30));
  });

  it("a name that a host makes up is no unit", () => {
    for (const name of ["", "a b.service", "$(reboot).service", "x;reboot.service", "nginx", "a\n.service"])
      expect(unitName.test(name)).toBe(false);
    for (const name of ["nginx.service", "gunicorn-notes.service", "postgresql@15-main.service"])
      expect(unitName.test(name)).toBe(true);
  });
});

describe("an island", () => {
  const host = (name: string, address: string) => ({
    host: { name, groups: [], vars: new Map(), source: { file: "", line: 1, col: 1 } },
    address,
    members: [],
  });
  const topology = (...hosts: readonly ReturnType<typeof host>[]): Topology => ({
    hosts,
    services: new Map(),
    levels: [],
    needs: new Map(),
    tiers: new Map(),
    checks: [],
  });
  const stack = topology(host("db1", "10.0.0.1"), host("app1", "10.0.0.2"), host("db2", "fd00::3"));

  it("drops what comes from and goes to all others, and nothing else", () => {
    const island = islandOf(["db1", "app1"], stack);
    if (!island.ok) throw new Error(island.error);
    const { text } = island.value.hurt;
    expect(text).toContain("input ip6 saddr fd00::3 drop");
    expect(text).toContain("output ip6 daddr fd00::3 drop");
    expect(text).not.toContain("10.0.0.");
    expect(shellcheck(text)).toMatchObject({ status: 0 });
  });

  it("cannot be made of hosts whose addresses are names", () => {
    const named = topology(host("db1", "10.0.0.1"), host("db2", "db2.example.org"));
    expect(islandOf(["db1"], named)).toEqual({
      ok: false,
      error: "db2 has no address, but the name db2.example.org",
    });
  });

  it("writes to an application, and prints the ids that were acknowledged", { timeout: 20_000 }, async () => {
    const bodies: string[] = [];
    const server = createHttpServer((request, answer) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        bodies.push(`${request.method} ${request.url} ${body}`);
        answer.writeHead(bodies.length % 2 === 1 ? 201 : 503).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const at = server.address();
    const port = typeof at === "object" && at !== null ? at.port : 0;
    const endpoint: Endpoint = {
      service: "wsgi",
      role: "app",
      host: "app1",
      address: "127.0.0.1",
      port,
      health: { type: "tcp" },
      redundancy: "balanced",
    };
    const write = { method: "POST", path: "/notes", body: { id: "{id}", text: "it's {id}" } };
    const script = writesFrom(endpoint, write, 2).text;
    expect(shellcheck(script)).toMatchObject({ status: 0 });
    const said = await new Promise<string>((resolve) =>
      execFile("sh", ["-c", script], (_error, stdout) => resolve(stdout)),
    );
    server.close();
    const ids = said.trim().split("\n");
    expect(ids.length).toBe(Math.ceil(bodies.length / 2));
    expect(bodies[0]).toBe(`POST /notes {"id":"${ids[0]}","text":"it's ${ids[0]}"}`);
  });
});

describe("the unit that listens on a port", () => {
  it("shellcheck finds nothing", () => {
    for (const protocol of ["tcp", "udp", "vrrp"] as const) {
      const { status, stdout } = shellcheck(findUnit({ port: 443, protocol }).text);
      expect({ status, stdout }).toMatchObject({ status: 0 });
    }
  });

  it("is none for a port that nobody listens on", () => {
    expect(execFileSync("sh", ["-c", findUnit({ port: 9 }).text], { encoding: "utf8" })).toBe("");
  });

  it("is found over the socket: this process is in no unit, and the lookup still ends well", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const at = server.address();
    const port = typeof at === "object" && at !== null ? at.port : 0;
    const child = spawn("sh", ["-c", findUnit({ port }).text]);
    const code = await new Promise((resolve) => child.on("close", resolve));
    server.close();
    expect(code).toBe(0);
  });
});
