import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endIdleSessions } from "../../../roles/mysql/sessions.ts";
import { Daemons, freePort, needProgram } from "../daemon.ts";

const daemons = new Daemons();
const socket = join(daemons.folder, "sock");
let port = 0;

beforeAll(async () => {
  needProgram("mariadbd", "mariadb-server-core mariadb-client-core");
  port = await freePort();
  const data = join(daemons.folder, "data");
  const install = ["--no-defaults", "--user=root", `--datadir=${data}`, "--skip-test-db"];
  execFileSync("mariadb-install-db", install, { stdio: "pipe" });
  const args = [
    "--no-defaults",
    "--user=root",
    `--datadir=${data}`,
    `--socket=${socket}`,
    `--port=${port}`,
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--innodb-buffer-pool-size=32M",
  ];
  await daemons.start("mariadbd", args, { ready: /ready for connections/ });
  sql(
    "CREATE DATABASE shop; CREATE TABLE shop.t (id INT); CREATE USER shop IDENTIFIED BY 'pw'; GRANT ALL ON shop.* TO shop",
  );
});
afterAll(() => daemons.end());

const sql = (text: string): string =>
  execFileSync("mariadb", ["--no-defaults", "-N", `--socket=${socket}`, "-e", text], {
    encoding: "utf8",
  }).trim();

/** A session of the application, which says what each statement gave. */
class Session {
  readonly #child: ChildProcess;
  said = "";

  constructor() {
    const args = [
      "--no-defaults",
      "-N",
      "-n",
      "--force",
      "--skip-reconnect",
      "-ushop",
      "-ppw",
      "-h127.0.0.1",
      `-P${port}`,
      "shop",
    ];
    this.#child = spawn("mariadb", args, { stdio: ["pipe", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        this.said += chunk.toString();
      });
  }

  /** Sends a statement; what it answers is in `said`. */
  ask(statement: string): void {
    this.#child.stdin?.write(`${statement};\n`);
  }

  async end(): Promise<string> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null) await once(this.#child, "exit");
    return this.said;
  }
}

/** Runs what a member runs while it is drained; resolves to how long it took, in milliseconds. */
async function endIdle(seconds: number): Promise<number> {
  const begun = performance.now();
  const text = endIdleSessions(seconds).replaceAll("/run/mysqld/mysqld.sock", socket);
  await new Promise<void>((resolve, reject) => {
    execFile("/bin/sh", ["-c", text], (error) => (error === null ? resolve() : reject(error)));
  });
  return performance.now() - begun;
}

describe("while a member is drained", () => {
  it("ends fifty kept sessions in which nothing is under way, and its own end with the last", {
    timeout: 30_000,
  }, async () => {
    const kept = Array.from({ length: 50 }, () => new Session());
    for (const session of kept) session.ask("SELECT 1");
    await expect.poll(() => kept.every(({ said }) => said.startsWith("1")), { timeout: 20_000 }).toBe(true);
    await sleep(600);
    expect(await endIdle(20)).toBeLessThan(10_000);
    expect(sql("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'shop'")).toBe("0");
    for (const session of kept) session.ask("SELECT 2");
    const said = await Promise.all(kept.map((session) => session.end()));
    expect(said.filter((one) => /gone away|was killed|Lost connection/.test(one))).toHaveLength(50);
  });

  it("waits for a statement that runs and for a transaction that is open", { timeout: 30_000 }, async () => {
    const [busy, open] = [new Session(), new Session()];
    busy.ask("SELECT SLEEP(4), 'the answer'");
    open.ask("START TRANSACTION; INSERT INTO t VALUES (7)");
    await sleep(700);
    const ended = endIdle(20);
    await sleep(2500);
    expect(sql("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'shop'")).toBe("2");
    open.ask("COMMIT; SELECT 'committed'");
    expect(await ended).toBeGreaterThan(3000);
    expect(busy.said).toContain("the answer");
    expect(open.said).toContain("committed");
    expect(sql("SELECT COUNT(*) FROM shop.t WHERE id = 7")).toBe("1");
    await Promise.all([busy.end(), open.end()]);
  });

  it("gives up when its seconds are over", { timeout: 30_000 }, async () => {
    const open = new Session();
    open.ask("START TRANSACTION; INSERT INTO t VALUES (8)");
    await sleep(500);
    const took = await endIdle(2);
    expect(took).toBeGreaterThan(1900);
    expect(took).toBeLessThan(8000);
    open.ask("ROLLBACK");
    await open.end();
  });

  it("is shell that every sh takes", () => {
    execFileSync("shellcheck", ["-s", "sh", "-"], { input: endIdleSessions(30) });
  });

  it("is in nobody's way where no database answers", async () => {
    const text = endIdleSessions(20).replaceAll("/run/mysqld/mysqld.sock", "/nonexistent");
    expect(execFileSync("/bin/sh", ["-c", text], { encoding: "utf8" })).toBe("");
  });
});
