import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { clientOf } from "../../../src/drill/load/client.ts";
import { ledgerIn } from "../../../src/drill/load/ledger.ts";
import { startLoad } from "../../../src/drill/load/load.ts";
import type { Workload } from "../../../src/model/role.ts";

const folder = mkdtempSync(join(tmpdir(), "provision-load-"));
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function served(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const at = server.address();
  const client = clientOf(new URL(`http://127.0.0.1:${typeof at === "object" ? at?.port : at}`));
  closing.push(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  return { server, client };
}

/** A service that refuses each third write, and acknowledges the fourth without keeping it. */
function forgetful(): { readonly kept: Set<string>; readonly listener: RequestListener } {
  const kept = new Set<string>();
  let writes = 0;
  const write = (body: string): number => {
    writes += 1;
    if (writes % 3 === 0) return 503;
    if (writes !== 4) kept.add(JSON.parse(body).id);
    return 201;
  };
  const read = (id: string): number => (id === "" || kept.has(id) ? 200 : 404);
  return {
    kept,
    listener: (request, answer) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const id = request.url?.split("/").at(-1) ?? "";
        const body = Buffer.concat(chunks).toString();
        answer.writeHead(request.method === "POST" ? write(body) : read(id)).end(id);
      });
    },
  };
}

describe("the client of a load", () => {
  it("sends a GET again if a kept connection was closed, as browsers do, and a POST never", async () => {
    let seen = 0;
    const { client } = await served((request, answer) => {
      seen += 1;
      if (seen % 2 === 0) request.socket.destroy();
      else answer.end("ok");
    });
    await client.send({ path: "/" }, "");
    await expect(client.send({ path: "/" }, "")).resolves.toMatchObject({ status: 200, body: "ok" });
    await expect(client.send({ method: "POST", path: "/" }, "")).rejects.toThrow(/ECONNRESET|hang up/);
    expect(seen).toBe(4);
  });

  it("does not send a GET again over a new connection", async () => {
    let seen = 0;
    const { client } = await served((request) => {
      seen += 1;
      request.socket.destroy();
    });
    await expect(client.send({ path: "/" }, "", true)).rejects.toThrow();
    expect(seen).toBe(1);
  });
});

describe("a load", () => {
  const workload: Workload = {
    read: { path: "/" },
    write: { method: "POST", path: "/items", body: { id: "{id}" } },
    own: { path: "/items/{id}" },
    cached: { path: "/items/{id}", hit: ["x-cache", "hit"] },
  };

  it("keeps a ledger of what was acknowledged, and finds what it does not see again", async () => {
    const { kept, listener } = forgetful();
    const { client } = await served(listener);
    const file = join(folder, "ledger");
    const ledger = ledgerIn(file);
    ledger.during("sql: leader killed");
    const load = startLoad(client, workload, { ledger, rate: 40, kept: [] });
    await sleep(1500);
    expect(await load.answered(5)).toBe(true);
    const { sent, stale } = await load.stop();
    const acknowledged = sent.filter(({ kind, failed }) => kind === "write" && failed === undefined);
    expect(acknowledged.length).toBeGreaterThan(5);
    expect(ledger.ids.size).toBe(acknowledged.length);
    expect([...ledger.ids].filter((id) => !kept.has(id))).toHaveLength(1);
    expect(stale).toHaveLength(1);
    const lines = readFileSync(file, "utf8").trim().split("\n");
    expect(lines).toHaveLength(ledger.ids.size);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ fault: "sql: leader killed" });
    expect(sent.filter(({ failed }) => failed === "503").length).toBeGreaterThan(2);
    rmSync(folder, { recursive: true });
  });
});
