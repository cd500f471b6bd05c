import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Resource } from "../../../../src/model/resource.ts";
import type { Script } from "../../../../src/model/script.ts";
import { accountKind } from "../../../../src/resources/sql/account.ts";
import { databaseKind } from "../../../../src/resources/sql/database.ts";
import { needProgram } from "../../daemon.ts";
import { each, fileJudge, run } from "../ask.ts";
import { hostsOf } from "../hosts.ts";
import type { Judge, RoleLaw, Sheet } from "../law.ts";
import { unitsJudge } from "../units.ts";

const config = "/etc/mysql/mariadb.conf.d/90-provision.cnf";

/** The check that the role puts before the rename: mariadbd reads its options. */
const options = fileJudge({
  name: "mariadbd",
  package: "mariadb-server-core",
  path: config,
  args: (path) => [`--defaults-file=${path}`, "--help", "--verbose"],
  moved: (text, folder) => text.replaceAll("/run/mysqld/", `${folder}/`),
});

const socket = "/run/mysqld/mysqld.sock";

/** What is done inside the database, by a mariadbd that is started for it: its databases and accounts, as the kinds make them. */
const statements: Judge = {
  name: "mariadb",
  sheets: (resources) => [
    new Map(
      sql(resources).flatMap(({ text, input }, n) => [
        [`text${n}`, text] as const,
        [`input${n}`, textOf(input)] as const,
      ]),
    ),
  ],
  ask: async (sheets, folder) => {
    needProgram("mariadbd", "mariadb-server-core");
    const own = await start(folder);
    try {
      return await each(sheets, (sheet) => carriedOut(sheet, own), 2);
    } finally {
      own.daemon.kill("SIGKILL");
    }
  },
};

const textOf = (input: readonly Uint8Array[]): string => Buffer.concat(input).toString();

/** What the kinds would do on a host that has none of it. */
function sql(resources: readonly Resource[]): readonly Script[] {
  const wanted = (name: string) => resources.filter(({ kind }) => kind === name);
  const changes = (name: string) =>
    wanted(name).map((resource) => ({
      id: `${name}:${resource.key}` as const,
      role: "mysql",
      cause: "new" as const,
      resource,
      action: "create" as const,
      observed: { status: "absent" as const },
      fields: [],
    }));
  return [databaseKind.converge(changes("database")), accountKind.converge(changes("account"))];
}

interface Own {
  readonly daemon: ReturnType<typeof spawn>;
  readonly at: string;
}

/** Runs both scripts of a sheet, each with what it reads. */
async function carriedOut(sheet: Sheet, { at }: Own): Promise<string | undefined> {
  for (const n of [0, 1]) {
    const text = (sheet.get(`text${n}`) ?? "").replaceAll(socket, `${at}/sock`);
    const { code, words } = await run("sh", ["-c", text], sheet.get(`input${n}`));
    if (code !== 0) return `${words.slice(0, 600)} (exit ${code})`;
  }
  return undefined;
}

async function start(folder: string): Promise<Own> {
  chmodSync(folder, 0o755);
  const at = join(folder, "own");
  mkdirSync(at);
  const as = process.getuid?.() === 0 ? ["--user=root"] : [];
  const data = `--datadir=${at}/data`;
  await new Promise((done) => {
    execFile(
      "mariadb-install-db",
      ["--no-defaults", data, "--auth-root-authentication-method=socket", "--skip-test-db", ...as],
      done,
    );
  });
  const daemon = spawn(
    "/usr/sbin/mariadbd",
    [
      "--no-defaults",
      data,
      `--socket=${at}/sock`,
      `--pid-file=${at}/pid`,
      "--skip-networking",
      "--skip-name-resolve",
      ...as,
    ],
    { stdio: "ignore" },
  );
  const ended = once(daemon, "exit");
  for (let tries = 0; tries < 200 && !existsSync(`${at}/sock`); tries++) {
    if (daemon.exitCode !== null) await ended;
    await new Promise((done) => setTimeout(done, 100));
  }
  return { daemon, at };
}

export const law: RoleLaw = {
  role: "mysql",
  stand: {
    flavour: ["auto", "mariadb"],
    primary: ["one"],
    // Names and values of the daemon's own, which the role hands on as they are.
    settings: [{}, { max_connections: 300, innodb_buffer_pool_size: "256M" }, { slow_query_log: true }],
  },
  stack: (vars, size) => ({
    ...hostsOf(1, { mysql: vars }, { round: 0, first: 700 }),
    ...hostsOf(size, { mysql: {} }, { round: 1, first: 1 }),
  }),
  judges: [options, statements, unitsJudge],
};
