import { execFileSync, spawnSync } from "node:child_process";
import { createConnection } from "node:net";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { writeConfig } from "../configs.ts";
import { Daemons, freePort, needProgram } from "../daemon.ts";

describe("memcached-copies", () => {
  const program = resolve(import.meta.dirname, "../../../roles/memcached/files/memcached-copies");
  const daemons = new Daemons();
  const ports = { own: 0, peer: 0, dead: 0 };
  const running = new Map<string, Awaited<ReturnType<Daemons["start"]>>>();

  async function start(name: "own" | "peer"): Promise<void> {
    const text = `exec 2>&1; memcached -u nobody -l 127.0.0.1 -p ${ports[name]} -U 0 & until (exec 3<>/dev/tcp/127.0.0.1/${ports[name]}) 2>/dev/null; do sleep 0.02; done; echo up; wait`;
    running.set(name, await daemons.start("bash", ["-c", text], { ready: /up/ }));
  }

  async function kill(name: "own" | "peer"): Promise<void> {
    const child = running.get(name);
    if (child !== undefined) await daemons.stop(child, "SIGKILL");
    running.delete(name);
  }

  const copies = (
    mode: string,
    peers: readonly number[] = [ports.peer],
    own = ports.own,
  ): { code: number | null; said: string } => {
    const lines = [
      `own 127.0.0.1:${own}`,
      ...peers.map((port) => `peer 127.0.0.1:${port}`),
      "tolerance 10",
      "evictions 1",
    ];
    const env = {
      ...process.env,
      MEMCACHED_COPIES_CONFIG: writeConfig(daemons.folder, "copies.conf", `${lines.join("\n")}\n`),
      MEMCACHED_COPIES_STATE: join(daemons.folder, "state"),
    };
    const { status, stdout, stderr } = spawnSync("perl", [program, mode], {
      encoding: "utf8",
      env,
      timeout: 30_000,
    });
    return { code: status, said: stdout + stderr };
  };

  /** What memcached answers, until it says MN. */
  const ask = (name: "own" | "peer", text: string): Promise<string> =>
    new Promise((done, failed) => {
      const socket = createConnection(ports[name], "127.0.0.1", () =>
        socket.write(`${text}mn\r\n`, "latin1"),
      );
      let answer = "";
      socket.setTimeout(10_000, () => socket.destroy(new Error(`no answer: ${answer}`)));
      socket.on("error", failed);
      socket.on("data", (chunk) => {
        answer += chunk.toString("latin1");
        if (!answer.endsWith("MN\r\n")) return;
        socket.end();
        done(answer.slice(0, -"MN\r\n".length));
      });
    });

  const set = (key: string, value: string, ttl = 0, flags = 0): string =>
    `set ${key} ${flags} ${ttl} ${value.length}\r\n${value}\r\n`;
  const binary = Buffer.from([0, 13, 10, 32, 255]);

  beforeAll(async () => {
    needProgram("memcached", "memcached");
    for (const name of ["own", "peer", "dead"] as const) ports[name] = await freePort();
  });
  beforeEach(async () => {
    await Promise.all([kill("own"), kill("peer")]);
    await Promise.all([start("own"), start("peer")]);
  });
  afterAll(() => daemons.end());

  it("brings over keys and values of any bytes, with their flags and the time they have left", async () => {
    const key = binary.toString("base64");
    await ask(
      "peer",
      set("plain", "a\r\nEND\r\nb\0\xff", 0, 7) + set("brief", "x", 500) + set("a%20b&c=d", "", 0),
    );
    await ask("peer", set("far", "x", Math.floor(Date.now() / 1000) + 40 * 86_400));
    await ask("peer", `ms ${key} 6 b T400 F9\r\nbinary\r\n`);
    expect(copies("health")).toMatchObject({ code: 2, said: expect.stringContaining("was not refilled") });
    expect(copies("refill")).toMatchObject({
      code: 0,
      said: expect.stringMatching(/^5 items from .* 0 refused/),
    });
    expect(copies("health")).toMatchObject({ code: 0, said: expect.stringContaining("5 items from") });
    expect(await ask("own", "mg plain v f t\r\n")).toBe("VA 11 f7 t-1\r\na\r\nEND\r\nb\0\xff\r\n");
    expect(await ask("own", "mg brief v t\r\n")).toMatch(/^VA 1 t(50\d|49\d)\r\nx\r\n$/);
    expect(await ask("own", "mg a%20b&c=d v\r\n")).toBe("VA 0\r\n\r\n");
    expect(await ask("own", `mg ${key} b v f t\r\n`)).toMatch(/^VA 6 f9 t(400|39\d)\r\nbinary\r\n$/);
    expect(Number(/t(\d+)/.exec(await ask("own", "mg far t\r\n"))?.[1])).toBeGreaterThan(39 * 86_400);
  });

  it("never puts an old value in the place of one that was written since", async () => {
    await ask("peer", set("both", "old"));
    await ask("own", set("both", "new"));
    expect(copies("refill").said).toMatch(/^0 items .*1 were here/);
    expect(await ask("own", "get both\r\n")).toContain("new");
  });

  it("is not well again after a crash until it was filled again, though nobody told it of the crash", async () => {
    await ask("peer", set("a", "1"));
    copies("refill");
    expect(copies("health").code).toBe(0);
    await kill("own");
    expect(copies("health")).toMatchObject({ code: 2, said: expect.stringContaining("does not answer") });
    await start("own");
    expect(copies("health")).toMatchObject({ code: 2, said: expect.stringContaining("was not refilled") });
    copies("refill");
    expect(copies("health").code).toBe(0);
    expect(await ask("own", "get a\r\n")).toContain("VALUE");
  });

  it("brings 100,000 items, some of them large, within seconds", async () => {
    const fill = `import socket
s = socket.create_connection(("127.0.0.1", ${ports.peer}))
for n in range(100): s.sendall(b"".join(b"set key%d 0 0 30 noreply\\r\\n%030d\\r\\n" % (i, i) for i in range(n * 1000, n * 1000 + 1000)))
for n in range(4): s.sendall(b"set large%d 0 0 900000 noreply\\r\\n" % n + b"x" * 900000 + b"\\r\\n")
s.sendall(b"mn\\r\\n"); s.recv(9)`;
    execFileSync("/usr/bin/python3", ["-c", fill]);
    const began = Date.now();
    expect(copies("refill")).toMatchObject({ code: 0, said: expect.stringMatching(/^100004 items /) });
    expect(Date.now() - began).toBeLessThan(20_000);
    expect(copies("agree")).toMatchObject({
      code: 0,
      said: expect.stringMatching(/^100004 items here, 100004 at/),
    });
    await ask("own", "flush_all\r\n");
    await kill("own");
    await start("own");
    expect(copies("agree")).toMatchObject({
      code: 1,
      said: expect.stringMatching(/^0 items here, 100004 at/),
    });
    // Only the one that lacks something says so: there it is known whether it is being filled.
    expect(copies("agree", [ports.own], ports.peer)).toMatchObject({
      code: 0,
      said: expect.stringMatching(/^100004 items here, 0 at/),
    });
    expect(copies("evictions").code).toBe(0);
  });

  it("has nothing to fetch where no other copy answers, and says so; it goes on asking", async () => {
    const began = Date.now();
    const child = await daemons.start("sh", ["-c", `exec perl ${program} refill`], {
      env: {
        MEMCACHED_COPIES_CONFIG: writeConfig(
          daemons.folder,
          "lone.conf",
          `own 127.0.0.1:${ports.own}\npeer 127.0.0.1:${ports.dead}\n`,
        ),
        MEMCACHED_COPIES_STATE: join(daemons.folder, "state"),
      },
      ready: /cannot be asked/,
    });
    await expect.poll(() => copies("health").code, { timeout: 15_000 }).toBe(0);
    expect(Date.now() - began).toBeGreaterThan(4000);
    expect(copies("health").said).toContain("did not answer");
    expect(child.exitCode).toBeNull();
    // That the other one is down is told of the other one.
    expect(copies("agree", [ports.dead]).code).toBe(3);
    await daemons.stop(child);
    expect(copies("refill", [])).toEqual({ code: 0, said: "" });
    expect(copies("health", []).said).toContain("no peers");
  });
});
