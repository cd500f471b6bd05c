import { keeperName } from "../../../../roles/mysql/objections.ts";
import type { Resource } from "../../../../src/model/resource.ts";
import type { Script } from "../../../../src/model/script.ts";
import { accountKind } from "../../../../src/resources/sql/account.ts";
import { databaseKind } from "../../../../src/resources/sql/database.ts";
import { needProgram } from "../../daemon.ts";
import { type Mariadb, startMariadb } from "../../mysql/mariadb-here.ts";
import { facts } from "../../scenario.ts";
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

/** The keeper reads its settings, and refuses what it cannot use. */
const keeper = fileJudge({
  name: "python3",
  package: "python3",
  path: "/etc/mysql/provision/keeper.json",
  args: (path) => [
    "-B",
    "-c",
    "import sys; sys.path[:0] = ['roles/mysql/files/keeper', 'roles/mysql/files/keeper/decisions']; import settings; settings.load(sys.argv[1])",
    path,
  ],
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
    const own = await startMariadb(folder);
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

/** Runs both scripts of a sheet, each with what it reads. */
async function carriedOut(sheet: Sheet, { at }: Mariadb): Promise<string | undefined> {
  for (const n of [0, 1]) {
    const text = (sheet.get(`text${n}`) ?? "").replaceAll(socket, `${at}/sock`);
    const { code, words } = await run("sh", ["-c", text], sheet.get(`input${n}`));
    if (code !== 0) return `${words.slice(0, 600)} (exit ${code})`;
  }
  return undefined;
}

/** Databases and accounts are made on the leader. */
const leader = { facts: { role: new Map([...facts.role, ["mysql/part", "leader"]]) } };

export const law: RoleLaw = {
  role: "mysql",
  stand: {
    flavour: ["auto", "mariadb"],
    primary: ["one"],
    // Names and values of the daemon's own, which the role hands on as they are.
    settings: [{}, { max_connections: 300, innodb_buffer_pool_size: "256M" }, { slow_query_log: true }],
  },
  stack: (vars, size) => ({
    ...hostsOf(1, { mysql: vars }, { round: 0, first: 700, more: leader }),
    ...Object.fromEntries(
      Object.entries(hostsOf(size, { mysql: {} }, { round: 1, first: 1 })).filter(([name]) =>
        keeperName.test(name),
      ),
    ),
    ...Object.fromEntries(
      [1, 2, 3].map((n) => [`voter${n}`, { address: `10.9.0.${n}`, roles: { etcd: {} } }]),
    ),
  }),
  judges: [options, keeper, statements, unitsJudge],
};
