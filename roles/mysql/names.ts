/** The account by which members replicate. */
export const replicationAccount = "replication";

/** Accounts that the daemons, their packages and this role have; both daemons compare the names of accounts letter by letter. */
const accounts: Readonly<Record<string, string>> = {
  root: "this role itself logs in with, over the socket of the host, without a password",
  mysql: "the daemon's package logs in with",
  "debian-sys-maint": "Debian's scripts log in with",
  [replicationAccount]: "members replicate with",
  "provision-sql": "monitoring looks at a member with",
  mariadb: "belongs to the daemon",
  event_scheduler: "belongs to the daemon",
};

/** Databases of the daemons, however they are written, and files that stand beside the folders of databases. */
const databases: ReadonlySet<string> = new Set(
  "mysql sys information_schema performance_schema ndbinfo ibdata1 ibtmp1 ib_buffer_pool aria_log_control mysql_upgrade_info undo_001 undo_002".split(
    " ",
  ),
);

/** Whose account it is, if it is somebody's. */
export function accountTaken(name: string): string | undefined {
  const whose = Object.entries(accounts).find(([one]) => one === name)?.[1];
  return whose === undefined ? undefined : `\`${name}\` is the account that ${whose}`;
}

/** Why no database can have this name, if none can. */
export function databaseTaken(name: string): string | undefined {
  const small = name.toLowerCase();
  return databases.has(small) || /^ib_logfile\d+$/.test(small)
    ? `\`${name}\` belongs to the daemon itself`
    : undefined;
}

const words = (lines: readonly string[]): readonly string[] => lines.flatMap((line) => line.split(", "));

/** What can be granted on one database, by both daemons. */
const onDatabase = words([
  "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE",
  "CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER, GRANT OPTION, ALL, ALL PRIVILEGES",
]);
const everywhere = words([
  "CREATE USER, FILE, PROCESS, RELOAD, REPLICATION SLAVE, SHOW DATABASES, SHUTDOWN, SUPER, CREATE TABLESPACE",
]);
const mariadbOnly = words([
  "BINLOG ADMIN, BINLOG MONITOR, BINLOG REPLAY, REPLICATION MASTER ADMIN, REPLICATION SLAVE ADMIN, SLAVE MONITOR, SET USER",
  "FEDERATED ADMIN, CONNECTION ADMIN, READ_ONLY ADMIN",
]);
const mysqlOnly = words([
  "REPLICATION CLIENT, CREATE ROLE, DROP ROLE, APPLICATION_PASSWORD_ADMIN, AUDIT_ABORT_EXEMPT, AUTHENTICATION_POLICY_ADMIN",
  "BACKUP_ADMIN, BINLOG_ADMIN, BINLOG_ENCRYPTION_ADMIN, CLONE_ADMIN, CONNECTION_ADMIN, ENCRYPTION_KEY_ADMIN",
  "FIREWALL_EXEMPT, FLUSH_OPTIMIZER_COSTS, FLUSH_STATUS, FLUSH_TABLES, FLUSH_USER_RESOURCES, GROUP_REPLICATION_ADMIN",
  "GROUP_REPLICATION_STREAM, INNODB_REDO_LOG_ARCHIVE, INNODB_REDO_LOG_ENABLE, PASSWORDLESS_USER_ADMIN",
  "PERSIST_RO_VARIABLES_ADMIN, REPLICATION_APPLIER, REPLICATION_SLAVE_ADMIN, RESOURCE_GROUP_ADMIN, RESOURCE_GROUP_USER",
  "ROLE_ADMIN, SENSITIVE_VARIABLES_OBSERVER, SERVICE_CONNECTION_ADMIN, SESSION_VARIABLES_ADMIN, SET_USER_ID, SHOW_ROUTINE",
  "SYSTEM_USER, SYSTEM_VARIABLES_ADMIN, TABLE_ENCRYPTION_ADMIN, XA_RECOVER_ADMIN",
]);

/** A daemon, or that it depends on the host. */
export type FlavourName = "auto" | "mariadb" | "mysql";

/** Why a daemon would not grant this, if it would not; each name as the daemon itself tells it. */
export function notGranted(
  privilege: string,
  database: string | undefined,
  flavour: FlavourName,
): string | undefined {
  const fits = (own: readonly string[], name: FlavourName): boolean =>
    flavour !== name && own.includes(privilege);
  const local = onDatabase.includes(privilege) || (privilege === "DELETE HISTORY" && flavour !== "mysql");
  if (local) return undefined;
  if (everywhere.includes(privilege) || fits(mariadbOnly, "mysql") || fits(mysqlOnly, "mariadb"))
    return database === undefined
      ? undefined
      : `\`${privilege}\` is granted on all databases only: leave \`database\` out`;
  return flavour === "auto" ? "no privilege that MariaDB or MySQL has" : `no privilege that ${flavour} has`;
}
