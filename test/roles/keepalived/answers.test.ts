import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";

const program = resolve(import.meta.dirname, "../../../roles/keepalived/files/keepalived-answers");
const folder = mkdtempSync(join(tmpdir(), "provision-answers-"));
const servers: Server[] = [];

/** A server that answers with this status; 0: it accepts, and never answers. */
async function serving(status: number): Promise<string> {
  const server = createServer((_, answer) => {
    if (status !== 0) answer.writeHead(status).end();
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const at = server.address();
  return `http://127.0.0.1:${typeof at === "object" ? at?.port : at}/alive`;
}

afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const nobody = "http://127.0.0.1:9/alive";

/** The exit code, and the milliseconds that it took. */
function answers(...args: readonly string[]): Promise<{ readonly code: number; readonly ms: number }> {
  const begun = performance.now();
  const file = join(folder, "answers");
  writeFileSync(file, `${args.join("\n")}\n`);
  return new Promise((ended) => {
    execFile("sh", [program, file], (error) =>
      ended({ code: typeof error?.code === "number" ? error.code : 0, ms: performance.now() - begun }),
    );
  });
}

describe("keepalived-answers", () => {
  it("shellcheck finds nothing", () => {
    const { status, stdout } = spawnSync("shellcheck", ["-s", "sh", program], { encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  });

  it("ends with 0 where the service answers as it should", async () => {
    expect((await answers("200", await serving(200), nobody)).code).toBe(0);
  });

  it("ends with 1 where it is frozen, dead or answers otherwise, and another host's answers", async () => {
    const other = await serving(200);
    for (const own of [await serving(0), nobody, await serving(503)])
      expect((await answers("200", own, nobody, other)).code).toBe(1);
  });

  it("ends with 0 if nobody answers: an address that nobody holds helps nobody", async () => {
    expect((await answers("200", await serving(0), await serving(0), nobody)).code).toBe(0);
    expect((await answers("200", nobody)).code).toBe(0);
  });

  it("takes any answer of another host: that one answers its own host only with the right status", async () => {
    expect((await answers("200", await serving(0), await serving(404))).code).toBe(1);
  });

  it("waits longer than a second for a frozen one", async () => {
    const { ms } = await answers("200", await serving(0), await serving(200));
    expect(ms).toBeGreaterThan(1350);
  });

  it("asks again: a service that stood still for a second may keep the addresses", async () => {
    const [begun, other] = [performance.now(), await serving(200)];
    const paused = createServer((_, answer) => {
      setTimeout(() => answer.writeHead(200).end(), Math.max(0, 1000 - (performance.now() - begun)));
    });
    servers.push(paused);
    await new Promise<void>((listening) => paused.listen(0, "127.0.0.1", listening));
    const at = paused.address();
    const port = typeof at === "object" ? at?.port : at;
    expect((await answers("200", `http://127.0.0.1:${port}/alive`, other)).code).toBe(0);
  });

  it("asks for a connection where the health of the service is one", async () => {
    const port = new URL(await serving(200)).port;
    expect((await answers("0", `telnet://127.0.0.1:${port}`)).code).toBe(0);
    expect((await answers("0", "telnet://127.0.0.1:9", `telnet://127.0.0.1:${port}`)).code).toBe(1);
  });
});
