/** Accounts of the daemons, their packages and this role. Both daemons compare account names exactly. */
const accounts: Readonly<Record<string, string>> = {
  root: "of this role, which logs in over the host's socket without a password",
  mysql: "of the daemon's package",
  "debian-sys-maint": "of Debian's scripts",
  mariadb: "of the daemon",
  event_scheduler: "of the daemon",
};

/** Databases of the daemons, and files beside the folders of databases; in lower case. */
const databases: ReadonlySet<string> = new Set(
  "mysql sys information_schema performance_schema ndbinfo ibdata1 ibtmp1 ib_buffer_pool aria_log_control mysql_upgrade_info undo_001 undo_002".split(
    " ",
  ),
);

/** The reason why the name of an account is taken, if it is. */
export function accountTaken(name: string): string | undefined {
  if (/^member_(\d+|copy)$/.test(name)) return `\`${name}\` is an account with which members replicate`;
  const whose = Object.entries(accounts).find(([one]) => one === name)?.[1];
  return whose === undefined ? undefined : `\`${name}\` is the account ${whose}`;
}

/** The reason why the name of a database is taken, if it is. */
export function databaseTaken(name: string): string | undefined {
  const small = name.toLowerCase();
  return databases.has(small) || /^ib_logfile\d+$/.test(small)
    ? `\`${name}\` belongs to the daemon`
    : undefined;
}

const words = (lines: readonly string[]): readonly string[] => lines.flatMap((line) => line.split(", "));

/** Privileges that both daemons grant on one database. */
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

/** A daemon; `auto`: it depends on the host. */
export type FlavourName = "auto" | "mariadb" | "mysql";

/** The reason why a daemon would not grant this privilege, if there is one. */
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
      : `\`${privilege}\` can only be granted on all databases: remove \`database\``;
  return flavour === "auto" ? "not a privilege of MariaDB or MySQL" : `not a privilege of ${flavour}`;
}
