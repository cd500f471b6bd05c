import { z } from "zod";
import { isCharacterSet, isCollation } from "./collations.ts";
import { accountTaken, databaseTaken, type FlavourName, notGranted } from "./names.ts";

function told(found: z.core.$RefinementCtx, message: string | undefined): void {
  if (message !== undefined) found.addIssue({ code: "custom", message });
}

const port = z.int().min(1).max(65535);
/** A name that both daemons accept without quotes; a MariaDB role or MySQL user may have 32 bytes. */
const accountName = z
  .string()
  .regex(/^[a-z_][a-z0-9_-]{0,31}$/, "at most 32 lower-case letters, digits, _ and -")
  .superRefine((name, found) => told(found, accountTaken(name)));
const databaseName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, "at most 64 letters, digits and _")
  .superRefine((name, found) => told(found, databaseTaken(name)));
const word = z.string().regex(/^[a-z0-9_]+$/, "a name that the daemon uses");

const database = z.strictObject({
  characterSet: word.default("utf8mb4").describe("Default character set of its tables"),
  collation: word.optional().describe("Default collation of its tables. Default: that of the character set"),
});

const user = z.strictObject({
  database: databaseName.optional().describe("Database of the privileges. Default: all"),
  privileges: z
    .array(z.string().regex(/^[A-Z][A-Z_ ]*$/, "a privilege in capitals, like SELECT"))
    .min(1)
    .default(["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "INDEX", "DROP", "REFERENCES"])
    .describe("Privileges; `ALL`: every privilege"),
  hosts: z
    .array(z.string().regex(/^[0-9a-fA-F.:%/_]{1,60}$|^localhost$/, "an address, with % for any part of it"))
    .min(1)
    .default(["%"])
    .describe("Addresses from which it may log in, with % for any part; names are not resolved"),
  password: z
    .string()
    .min(8)
    .optional()
    .describe("Password. Default: the first run makes one, the secret `sql/user/NAME`"),
});

const plain = z.strictObject({
  flavour: z
    .enum(["auto", "mariadb", "mysql"])
    .default("auto")
    .describe("Daemon; `auto`: MariaDB on Debian, MySQL on Ubuntu. All members must have the same one"),
  primary: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Host that leads first, while no member has data. After that, the keepers decide. Default: the first host",
    ),
  port: port.default(3306).describe("TCP port of the database"),
  statePort: port
    .default(9200)
    .describe("TCP port on which the keeper answers everybody: /primary, /replica?lag=N, /cluster"),
  keeperPort: port.default(9201).describe("TCP port between the keepers, with the members' certificates"),
  clonePort: port
    .default(4444)
    .describe("TCP port that sends a physical copy to a member that needs one (MariaDB)"),
  databases: z
    .record(databaseName, database.prefault({}))
    .default({})
    .describe("Databases that must exist; none is ever dropped"),
  users: z
    .record(accountName, user.prefault({}))
    .default({})
    .describe("Accounts of programs, which log in over TLS"),
  minAcks: z
    .union([z.literal(1), z.literal(0)])
    .default(1)
    .describe(
      "Members beside the leader that must have a write before it is acknowledged. With 1, no acknowledged write is lost while the leader's disk or one of these members lives; with 0, the leader goes on alone when all others are gone",
    ),
  profile: z
    .enum(["fast", "norm", "wide"])
    .default("norm")
    .describe(
      "How soon a lost leader is replaced: `fast` after about 4 s, `norm` 6 s, `wide` 17 s. A shorter time needs a calmer network and hosts that never stop for a second",
    ),
  binlogDays: z
    .int()
    .min(1)
    .max(99)
    .default(7)
    .describe("Days that binary logs are kept, which is how long a replica may be down"),
  lag: z
    .strictObject({
      warning: z
        .int()
        .min(1)
        .max(86_400)
        .default(10)
        .describe("Seconds behind the leader from which it warns"),
      critical: z
        .int()
        .min(2)
        .max(86_400)
        .default(60)
        .describe("Seconds behind the leader from which it is critical"),
    })
    .refine(({ warning, critical }) => warning < critical, "`warning` must be less than `critical`")
    .prefault({})
    .describe("Limits of the monitoring of replication"),
  settings: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_]*$/, "the name of a setting, with _"),
      z.union([z.string().regex(/^[^\n\r]*$/, "one line"), z.number(), z.boolean()]),
    )
    .default({})
    .describe("Your own settings of the daemon, as `innodb_buffer_pool_size: 4G`"),
});

/** The variables of the role mysql. */
export const vars = plain.superRefine((all, found) => {
  for (const { path, message } of contradictions(all, all.flavour))
    found.addIssue({ code: "custom", path, message });
});

/** Valid variables of the role. */
export type Vars = z.infer<typeof vars>;

/** Combinations of valid values that a daemon of this flavour would refuse. */
export function contradictions(
  { port, statePort, keeperPort, clonePort, databases, users, settings }: z.infer<typeof plain>,
  flavour: FlavourName,
): readonly { readonly path: (string | number)[]; readonly message: string }[] {
  return [
    ...(new Set([port, statePort, keeperPort, clonePort]).size < 4
      ? [{ path: [], message: "`port`, `statePort`, `keeperPort` and `clonePort` must differ" }]
      : []),
    ...Object.entries(databases).flatMap(([name, one]) =>
      inDatabase(one, flavour).map(([field, message]) => ({ path: ["databases", name, field], message })),
    ),
    ...Object.entries(users).flatMap(([name, one]) =>
      inUser(one, flavour).map(([index, message]) => ({
        path: ["users", name, "privileges", index],
        message,
      })),
    ),
    ...Object.keys(settings)
      .filter((name) => isOurs(name, flavour))
      .map((name) => ({
        path: ["settings", name],
        message:
          "the role sets this itself and needs its value: use the role's own variable, if there is one",
      })),
  ];
}

function inDatabase(
  { characterSet, collation }: z.infer<typeof database>,
  flavour: FlavourName,
): readonly (readonly [string, string])[] {
  if (!isCharacterSet(characterSet, flavour))
    return [
      [
        "characterSet",
        characterSet === "utf8" ? "write utf8mb4 or utf8mb3" : "not a character set of the daemons",
      ],
    ];
  if (collation === undefined || isCollation(collation, characterSet, flavour)) return [];
  return [["collation", `not a collation of the character set ${characterSet}`]];
}

function inUser(
  { privileges, database }: z.infer<typeof user>,
  flavour: FlavourName,
): readonly (readonly [number, string])[] {
  const whole = privileges.findIndex((one) => one === "ALL" || one === "ALL PRIVILEGES");
  if (whole >= 0 && privileges.some((one) => !["ALL", "ALL PRIVILEGES", "GRANT OPTION"].includes(one)))
    return [[whole, "contains every privilege: remove the others"]];
  return privileges.flatMap((one, index) => {
    const message = notGranted(one, database, flavour);
    return message === undefined ? [] : [[index, message] as const];
  });
}

/** Settings for the connections, the replication and the safety of acknowledged writes. */
const ours: ReadonlySet<string> = new Set(
  [
    "server_id bind_address port report_host report_port pid_file socket datadir log_bin log_bin_index relay_log relay_log_index",
    "read_only super_read_only gtid_mode gtid_domain_id gtid_strict_mode enforce_gtid_consistency log_slave_updates",
    "log_replica_updates skip_name_resolve require_secure_transport ssl_ca ssl_cert ssl_key ssl skip_ssl user skip_networking",
    "skip_grant_tables skip_log_bin skip_slave_start skip_replica_start basedir mysqlx mysqlx_port",
    "sync_binlog innodb_flush_log_at_trx_commit sync_relay_log relay_log_recovery init_rpl_role replicate_same_server_id",
    "rpl_semi_sync_master_enabled rpl_semi_sync_master_timeout rpl_semi_sync_master_wait_point rpl_semi_sync_master_wait_no_slave",
    "rpl_semi_sync_slave_enabled rpl_semi_sync_slave_kill_conn_timeout rpl_semi_sync_source_enabled rpl_semi_sync_source_timeout",
    "rpl_semi_sync_source_wait_point rpl_semi_sync_source_wait_no_replica rpl_semi_sync_source_wait_for_replica_count",
    "rpl_semi_sync_replica_enabled slave_net_timeout replica_net_timeout binlog_format replicate_do_db replicate_ignore_db",
    "binlog_do_db binlog_ignore_db offline_mode slave_skip_errors replica_skip_errors",
  ].flatMap((line) => line.split(" ")),
);

function isOurs(name: string, flavour: FlavourName): boolean {
  const plainName = name.replace(/^loose_/, "");
  // In MySQL, the heartbeats of a leader are counted there.
  return ours.has(plainName) || (flavour === "mysql" && plainName === "performance_schema");
}
