import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeConfig } from "../configs.ts";
import { Daemons, freePort, needProgram } from "../daemon.ts";

const program = resolve(import.meta.dirname, "../../../roles/memcached/files/memcached-copies");
const daemons = new Daemons();
const ports = { own: 0, peer: 0 };

beforeAll(async () => {
  needProgram("memcached", "memcached");
  for (const name of ["own", "peer"] as const) {
    const port = await freePort();
    ports[name] = port;
    const text = `exec 2>&1; memcached -u nobody -l 127.0.0.1 -p ${port} -U 0 -m 256 & until (exec 3<>/dev/tcp/127.0.0.1/${port}) 2>/dev/null; do sleep 0.02; done; echo up; wait`;
    await daemons.start("bash", ["-c", text], { ready: /up/ });
  }
});
afterAll(() => daemons.end());

const settings = (peer: number) => ({
  MEMCACHED_COPIES_CONFIG: writeConfig(
    daemons.folder,
    "keys.conf",
    `own 127.0.0.1:${ports.own}\npeer 127.0.0.1:${peer}\ntolerance 10\nevictions 1\n`,
  ),
  MEMCACHED_COPIES_STATE: join(daemons.folder, "state"),
});

/** A request of the binary protocol, in which a key may be any bytes. */
function request(opcode: number, key: Buffer, extras: Buffer, value: Buffer): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt8(0x80, 0);
  head.writeUInt8(opcode, 1);
  head.writeUInt16BE(key.length, 2);
  head.writeUInt8(extras.length, 4);
  head.writeUInt32BE(key.length + extras.length + value.length, 8);
  return Buffer.concat([head, extras, key, value]);
}

const empty = Buffer.alloc(0);
const setOf = (key: Buffer, value: Buffer): Buffer => request(0x01, key, Buffer.alloc(8), value);
const getOf = (key: Buffer): Buffer => request(0x00, key, empty, empty);

/** The values in the answers of a memcached, one for each request; `undefined` for what is an error there. */
async function answers(port: number, requests: readonly Buffer[]): Promise<readonly (Buffer | undefined)[]> {
  const socket = createConnection(port, "127.0.0.1");
  socket.end(
    Buffer.concat([...requests, request(0x0a, empty, empty, empty), request(0x07, empty, empty, empty)]),
  );
  const all = Buffer.concat(await socket.toArray());
  const found: (Buffer | undefined)[] = [];
  for (let at = 0; at < all.length; at += 24 + all.readUInt32BE(at + 8)) {
    const body = all.subarray(at + 24 + all.readUInt8(at + 4), at + 24 + all.readUInt32BE(at + 8));
    found.push(all.readUInt16BE(at + 6) === 0 ? body : undefined);
  }
  return found.slice(0, requests.length);
}

/** Bytes that mean something to a protocol of lines and words, and all others. */
const byte = fc.oneof(fc.constantFrom(10, 13, 32, 0, 9, 11, 12, 127, 133, 160, 37, 61), fc.nat(255));
const anyKey = fc
  .array(byte, { minLength: 3, maxLength: 250, size: "max" })
  .map((bytes) => Buffer.from(bytes));
const special = [10, 13, 32, 0, 107, 255];

/** Every key of one and of two bytes, those that begin or end in what ends lines, and several thousand at random. */
function keys(seed: number): readonly Buffer[] {
  const bytes = Array.from({ length: 256 }, (_, one) => one);
  const all = [
    ...bytes.map((one) => Buffer.from([one])),
    ...bytes.flatMap((one) => bytes.map((two) => Buffer.from([one, two]))),
    ...special.flatMap((one) => special.map((two) => Buffer.from([one, ...Buffer.from("user"), two]))),
    ...[185, 186, 187, 249, 250].flatMap((n) => [
      Buffer.alloc(n, "k"),
      Buffer.alloc(n, "\n"),
      Buffer.alloc(n, "é"),
    ]),
    ...fc.sample(anyKey, { seed, numRuns: 3000 }),
  ];
  return [...new Map(all.map((key) => [key.toString("latin1"), key])).values()];
}

/** What a text or base64 name can carry: 250 bytes. */
const fits = (key: Buffer): boolean =>
  (/^[\x21-\x7e\x80-\xff]+$/.test(key.toString("latin1")) && !key.includes(10)) ||
  Math.ceil(key.length / 3) * 4 <= 250;

describe("memcached-copies refill", () => {
  it("brings every key with its own value, whatever bytes are in it", async () => {
    const seed = Date.now() % 1e9;
    const all = keys(seed);
    // Values that would be commands, had memcached taken them for such.
    const contentOf = (key: Buffer): Buffer =>
      Buffer.from(`flush_all\r\nset x 0 0 1\r\n${key.toString("hex")}\r\n`);
    await answers(
      ports.peer,
      all.map((key) => setOf(key, contentOf(key))),
    );
    const refill = spawnSync("perl", [program, "refill"], {
      encoding: "utf8",
      timeout: 30_000,
      env: { ...process.env, ...settings(ports.peer) },
    });
    expect(refill.stderr).toBe("");
    const refused = all.filter((key) => !fits(key)).length;
    expect(refill.stdout, `seed ${seed}`).toContain(`${all.length - refused} items from`);
    expect(refill.stdout).toContain(`(0 were here, ${refused} refused)`);
    const found = await answers(ports.own, all.map(getOf));
    const wrong = all.filter((key, n) =>
      fits(key) ? found[n]?.compare(contentOf(key)) !== 0 : found[n] !== undefined,
    );
    expect(
      wrong.map((key) => key.toString("hex")),
      `seed ${seed}`,
    ).toEqual([]);
  });

  it.each([
    ["an answer that is missing", "VA 5 kb O1 f0 t-1\r\nvalue\r\nMN\r\n", "answered out of turn"],
    ["one answer more", "VA 5 ka O1 f0 t-1\r\nvalue\r\nEN\r\nEN\r\nMN\r\n", "answered more than was asked"],
    ["an answer to another question", "VA 5 ka O2 f0 t-1\r\nvalue\r\nEN\r\nMN\r\n", "answered out of turn"],
    ["an answer without its key", "VA 5 f0 t-1\r\nvalue\r\nEN\r\nMN\r\n", "answered out of turn"],
    [
      "another length of the value",
      "VA 4 ka O1 f0 t-1\r\nvalue\r\nEN\r\nMN\r\n",
      "a value of another length",
    ],
  ])("believes nothing of a memcached with %s, and stores nothing", async (_what, answer, words) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        const asked = chunk.toString("latin1");
        const line = (key: string): string => `key=${key} exp=-1 la=1 cas=1 fetch=no cls=1 size=60\r\n`;
        socket.write(asked.startsWith("lru_crawler") ? `${line("a")}${line("b")}END\r\n` : answer);
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    await answers(ports.own, [request(0x04, Buffer.from("a"), empty, empty)]);
    const env = { ...process.env, ...settings(address.port) };
    const child = spawn("perl", [program, "refill"], { env, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
    });
    await expect.poll(() => said, { timeout: 20_000 }).toContain(words);
    child.kill();
    await once(child, "exit");
    server.close();
    expect(
      await answers(
        ports.own,
        ["a", "b"].map((key) => getOf(Buffer.from(key))),
      ),
    ).toEqual(
      await answers(
        ports.own,
        ["none", "b"].map((key) => getOf(Buffer.from(key))),
      ),
    );
  });
});
