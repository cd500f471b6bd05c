import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { type Server as HttpServer, createServer as httpServer } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sidecar } from "../../../roles/sidecar/role.ts";
import type { Json } from "../../../src/model/json.ts";
import { Daemons, freePort, needProgram } from "../daemon.ts";
import { ask, eventually, movedConfig, movedShell, startHaproxy } from "../haproxy/balancer.ts";
import { desiredOn, type HostSpec, textAt } from "../scenario.ts";

const daemons = new Daemons();
const { folder } = daemons;
beforeAll(() => needProgram("haproxy", "haproxy"));
afterAll(() => daemons.end());

const path = "/etc/haproxy/sidecar.cfg";
const names = ["db1", "db2", "db3"] as const;
const databases = Object.fromEntries(
  names.map((name, index): [string, HostSpec] => [
    name,
    {
      address: `127.0.0.${index + 2}`,
      roles: { etcd: {}, mysql: { databases: { notes: {} }, users: { notes: {} } } },
    },
  ]),
);
const app: Json = { database: "notes" };
const stack = (roles: HostSpec["roles"]): Readonly<Record<string, HostSpec>> => ({
  app1: { address: "127.0.0.1", roles },
  ...databases,
});

describe("a host with a sidecar", () => {
  it("holds back the instance that the package starts", () => {
    const wanted = desiredOn("app1", stack({ sidecar: {}, gunicorn: app }));
    expect(wanted.find(({ key }) => key === "haproxy")?.payload?.own?.heldUnits).toEqual(["haproxy"]);
    expect(wanted.find(({ kind, key }) => kind === "unit" && key === "haproxy")?.desired).toMatchObject({
      running: false,
      enabled: false,
    });
  });

  it("leaves that instance alone where the balancer's role is played too", () => {
    const wanted = desiredOn("app1", { ...stack({ haproxy: {}, sidecar: {}, gunicorn: app }), ...web });
    const units = wanted.filter(({ kind, key }) => kind === "unit" && /^(haproxy|sidecar)$/.test(key));
    expect(units.map(({ key, desired }) => [key, desired?.running])).toEqual([
      ["sidecar", true],
      ["haproxy", true],
    ]);
  });

  it("listens on the loopback only", () => {
    const binds = textAt(path, desiredOn("app1", stack({ sidecar: {}, gunicorn: app }))).match(
      /^ +bind .*$/gm,
    );
    expect(binds?.map((line) => line.trim())).toEqual([
      "bind 127.0.0.1:8405",
      "bind 127.0.0.1:13306",
      "bind 127.0.0.1:13307",
    ]);
  });
});

const web: Readonly<Record<string, HostSpec>> = {
  web1: { address: "127.0.0.8", roles: { sidecar: {}, nginx: {} } },
};

/** A database that says its name to whoever connects, and over HTTP what it is. */
class FakeDatabase {
  state: "primary" | "replica" | "lagging" | "down" = "replica";
  readonly name: string;
  readonly #connections = new Set<Socket>();
  readonly #sql: Server;
  readonly #http: HttpServer;

  constructor(name: string) {
    this.name = name;
    this.#sql = createServer((socket) => {
      this.#connections.add(socket);
      socket.on("error", () => {});
      socket.write(`${name}\n`);
    });
    this.#http = httpServer((request, response) => {
      const good =
        (request.url === "/primary" && this.state === "primary") ||
        (request.url === "/replica?lag=10" && this.state === "replica");
      response.statusCode = good ? 200 : 503;
      response.end();
    });
  }

  async listen(address: string, sqlPort: number, statePort: number): Promise<void> {
    this.#sql.listen(sqlPort, address);
    this.#http.listen(statePort, address);
    await Promise.all([once(this.#sql, "listening"), once(this.#http, "listening")]);
  }

  close(): void {
    for (const socket of this.#connections) socket.destroy();
    this.#sql.close();
    this.#http.closeAllConnections();
    this.#http.close();
  }
}

describe("the ways to a database", () => {
  const members = names.map((name) => new FakeDatabase(name));
  const ports = { writer: 0, reader: 0, status: 0, sql: 0 };

  beforeAll(async () => {
    const statePort = await freePort();
    for (const name of ["writer", "reader", "status", "sql"] as const) ports[name] = await freePort();
    for (const [index, member] of members.entries())
      await member.listen(`127.0.0.${index + 2}`, ports.sql, statePort);
    const vars = {
      ports: { "sql-writer": ports.writer, "sql-reader": ports.reader },
      statusPort: ports.status,
      stateInterval: 100,
    };
    const text = textAt(path, desiredOn("app1", stack({ sidecar: vars, gunicorn: app })))
      .replaceAll(/:3306 port \d+/g, `:${ports.sql} port ${statePort}`)
      .replaceAll(":3306 no-check", `:${ports.sql} no-check`);
    be(["primary", "replica", "replica"]);
    await startHaproxy(daemons, movedConfig(folder, "live.cfg", text));
    await settled({ writer: ["db1"], reader: ["db2", "db3"] });
  });
  afterAll(() => {
    for (const member of members) member.close();
  });

  function be(states: readonly FakeDatabase["state"][]): void {
    for (const [index, state] of states.entries()) {
      const member = members[index];
      if (member !== undefined) member.state = state;
    }
  }

  /** One connection: who answers, and when it ends. Nobody: it ends without a word. */
  function open(port: number): { readonly who: Promise<string>; readonly ended: Promise<unknown> } {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    const ended = new Promise((done) => socket.once("close", done));
    const who = new Promise<string>((done) => {
      socket.once("data", (data) => done(data.toString().trim()));
      socket.once("close", () => done("nobody"));
    });
    return { who, ended };
  }

  async function answering(port: number): Promise<readonly string[]> {
    const all = await Promise.all(Array.from({ length: 6 }, () => open(port).who));
    return [...new Set(all)].sort();
  }

  async function settled(wanted: { writer: readonly string[]; reader: readonly string[] }): Promise<void> {
    const look = async () => ({
      writer: await answering(ports.writer),
      reader: await answering(ports.reader),
    });
    await eventually(look, (seen) => JSON.stringify(seen) === JSON.stringify(wanted));
  }

  const status = async (of: "writer" | "reader") =>
    (await ask(`http://127.0.0.1:${ports.status}/sql-${of}`)).status;

  it("follows the primary, and ends what is still open to the old one", async () => {
    const old = open(ports.writer);
    expect(await old.who).toBe("db1");
    be(["replica", "primary", "replica"]);
    await old.ended;
    await settled({ writer: ["db2"], reader: ["db1", "db3"] });
  });

  it("writes to one only, should two call themselves primary", async () => {
    be(["replica", "primary", "primary"]);
    await eventually(
      () => stat("sql-writer,db3"),
      (line) => line.includes(",UP,"),
    );
    expect(await answering(ports.writer)).toHaveLength(1);
  });

  it("reads from nobody who lags, and from the primary where nobody else is left", async () => {
    be(["primary", "lagging", "replica"]);
    await settled({ writer: ["db1"], reader: ["db3"] });
    be(["primary", "lagging", "down"]);
    await settled({ writer: ["db1"], reader: ["db1"] });
    expect([await status("writer"), await status("reader")]).toEqual([200, 200]);
  });

  it("says that there is no primary, and still reads", async () => {
    be(["down", "replica", "replica"]);
    await settled({ writer: ["nobody"], reader: ["db2", "db3"] });
    expect([await status("writer"), await status("reader")]).toEqual([503, 200]);
    be(["down", "down", "down"]);
    await settled({ writer: ["nobody"], reader: ["nobody"] });
    expect([await status("writer"), await status("reader")]).toEqual([503, 503]);
  });

  it("lets go of a replica for reading, and takes it back", async () => {
    be(["primary", "replica", "replica"]);
    await settled({ writer: ["db1"], reader: ["db2", "db3"] });
    const draining = sidecar.carries?.draining;
    if (draining === undefined) throw new Error("not there");
    const endpoint = {
      service: "sql",
      role: "mysql",
      host: "db2",
      address: "127.0.0.3",
      port: ports.sql,
      health: { type: "tcp" },
      redundancy: "replicated",
    } as const;
    expect(sh(draining.drain(endpoint, 1)).status).toBe(0);
    await settled({ writer: ["db1"], reader: ["db3"] });
    expect(await restored(draining.restore(endpoint, 5))).toBe(0);
    await settled({ writer: ["db1"], reader: ["db2", "db3"] });
  });

  it("tells monitoring when no replica is left", async () => {
    const [check] = sidecar.checks?.({ host, address: "127.0.0.1", vars }) ?? [];
    expect(sh(check?.command ?? "")).toMatchObject({
      status: 0,
      stdout: "members in use: sql-writer 1 of 3, sql-reader 2 of 3\n",
    });
    be(["primary", "lagging", "lagging"]);
    await settled({ writer: ["db1"], reader: ["db1"] });
    expect(sh(check?.command ?? "")).toMatchObject({ status: 1 });
  });

  const sh = (text: string) => spawnSync("sh", ["-c", movedShell(folder, text)], { encoding: "utf8" });
  const stat = (line: string): string =>
    sh("/usr/local/sbin/haproxy-ask /run/sidecar/admin.sock 'show stat'")
      .stdout.split("\n")
      .find((one) => one.startsWith(line)) ?? "";
  /** The databases live in this process, so it must not stand still while HAProxy looks at them. */
  const restored = async (text: string): Promise<number | null> => {
    const child = spawn("sh", ["-c", movedShell(folder, text)]);
    await once(child, "exit");
    return child.exitCode;
  };
  const host = { name: "app1", groups: [], vars: new Map(), source: { file: "", line: 1, col: 1 } };
  const parsed = sidecar.vars.safeParse({});
  if (!parsed.success) throw new Error("no default variables");
  const vars = parsed.data;
});
