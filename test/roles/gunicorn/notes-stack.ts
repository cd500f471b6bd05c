import { execFileSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { Daemons, freePort, needProgram } from "../daemon.ts";

/** A primary and a replica (which nobody keeps up to date), and two copies of a cache, for the notes. */
export const daemons = new Daemons();
export const ports = { app: 0, writer: 0, reader: 0, one: 0, two: 0 };
const running = new Map<string, Awaited<ReturnType<Daemons["start"]>>>();

const account =
  "CREATE DATABASE notes; CREATE USER notes@'127.0.0.1' IDENTIFIED BY 'pw'; GRANT ALL ON notes.* TO notes@'127.0.0.1';";

/** Starts one of the two databases; their data stay. */
export async function startDatabase(name: "writer" | "reader"): Promise<void> {
  const folder = join(daemons.folder, name);
  const args = [
    "--no-defaults",
    "--user=root",
    `--datadir=${folder}`,
    `--socket=${folder}.sock`,
    `--port=${ports[name]}`,
    "--bind-address=127.0.0.1",
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=4M",
  ];
  running.set(name, await daemons.start("mariadbd", args, { ready: /ready for connections/ }));
}

/** Starts one of the two copies, empty. It says nothing itself: with -vv it would, and wait for ever while this process waits for another program. */
export async function startCopy(name: "one" | "two"): Promise<void> {
  const text = `memcached -u nobody -l 127.0.0.1 -p ${ports[name]} -U 0 & until (exec 3<>/dev/tcp/127.0.0.1/${ports[name]}) 2>/dev/null; do sleep 0.02; done; echo up; wait`;
  running.set(name, await daemons.start("bash", ["-c", text], { ready: /up/ }));
}

/** Ends a database or a copy. */
export async function stop(name: string, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  const child = running.get(name);
  if (child === undefined) throw new Error(`${name} does not run`);
  running.delete(name);
  await daemons.stop(child, signal);
}

/** What the database says to a statement, as its root. */
export const sql = (name: string, text: string): string =>
  execFileSync(
    "mariadb",
    ["--no-defaults", "-N", `--socket=${join(daemons.folder, name)}.sock`, "-e", text],
    {
      encoding: "utf8",
    },
  ).trim();

/** The address of one copy of the cache. */
export const copyOf = (name: "one" | "two"): string => `127.0.0.1:${ports[name]}`;

/** Starts everything; returns what the application is told of it by its environment. */
export async function startStack(): Promise<Record<string, string>> {
  needProgram("mariadbd", "mariadb-server-core mariadb-client-core");
  needProgram("memcached", "memcached");
  needProgram("gunicorn", "gunicorn python3-flask python3-pymysql python3-pymemcache");
  for (const name of ["app", "writer", "reader", "one", "two"] as const) ports[name] = await freePort();
  const data = join(daemons.folder, "writer");
  execFileSync(
    "mariadb-install-db",
    ["--no-defaults", "--user=root", `--datadir=${data}`, "--skip-test-db"],
    {
      stdio: "pipe",
    },
  );
  cpSync(data, join(daemons.folder, "reader"), { recursive: true });
  await Promise.all([startDatabase("writer"), startDatabase("reader"), startCopy("one"), startCopy("two")]);
  for (const name of ["writer", "reader"]) sql(name, account);
  return {
    SQL_WRITER: `127.0.0.1:${ports.writer}`,
    SQL_READER: `127.0.0.1:${ports.reader}`,
    SQL_USER: "notes",
    SQL_PASSWORD: "pw",
    SQL_DATABASE: "notes",
    CACHE_SERVERS: `${copyOf("one")},${copyOf("two")}`,
    PYTHONDONTWRITEBYTECODE: "1",
  };
}
