import { z } from "zod";
import { isCharacterSet, isCollation } from "./collations.ts";
import { accountTaken, databaseTaken, type FlavourName, notGranted } from "./names.ts";

function told(found: z.core.$RefinementCtx, message: string | undefined): void {
  if (message !== undefined) found.addIssue({ code: "custom", message });
}

const port = z.int().min(1).max(65535);
/** As both daemons take it unquoted, and no more than the 32 bytes a MariaDB role or MySQL user may have. */
const accountName = z
  .string()
  .regex(/^[a-z_][a-z0-9_-]{0,31}$/, "small letters, digits, _ and -, 32 at most")
  .superRefine((name, found) => told(found, accountTaken(name)));
const databaseName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, "letters, digits and _, 64 at most")
  .superRefine((name, found) => told(found, databaseTaken(name)));
const word = z.string().regex(/^[a-z0-9_]+$/, "a name as the daemon knows it");

const database = z.strictObject({
  characterSet: word.default("utf8mb4").describe("Character set of what is made in it"),
  collation: word.optional().describe("Default: the character set's own"),
});

const user = z.strictObject({
  database: databaseName.optional().describe("Database the privileges are for. Default: all"),
  privileges: z
    .array(z.string().regex(/^[A-Z][A-Z_ ]*$/, "a privilege in capitals, like SELECT"))
    .min(1)
    .default(["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "INDEX", "DROP", "REFERENCES"])
    .describe("What it may do there; `ALL` is everything"),
  hosts: z
    .array(z.string().regex(/^[0-9a-fA-F.:%/_]{1,60}$|^localhost$/, "an address, with % for any part of it"))
    .min(1)
    .default(["%"])
    .describe("Where it may come from; names are not looked up"),
  password: z
    .string()
    .min(8)
    .optional()
    .describe("Default: one is made and kept, as the secret `sql/user/NAME`"),
});

const plain = z.strictObject({
  flavour: z
    .enum(["auto", "mariadb", "mysql"])
    .default("auto")
    .describe("Which daemon; `auto` is MariaDB on Debian and MySQL on Ubuntu. All members have the same"),
  primary: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Host that becomes the primary when no member has data. Afterwards the live primary counts. Default: the first",
    ),
  port: port.default(3306).describe("TCP port of the database"),
  statePort: port
    .default(9200)
    .describe("TCP port that tells over HTTP what this member is: /primary, /replica?lag=N, /state"),
  clonePort: port
    .default(4444)
    .describe("TCP port that hands a physical copy to a member that needs one (MariaDB)"),
  databases: z
    .record(databaseName, database.prefault({}))
    .default({})
    .describe("Databases that must be there; none is ever dropped"),
  users: z
    .record(accountName, user.prefault({}))
    .default({})
    .describe("Accounts that programs log in with, over TLS"),
  semiSyncSeconds: z
    .union([z.literal("never"), z.int().min(1).max(4294967)], "`never`, or whole seconds")
    .default("never")
    .describe(
      "When a commit no longer waits for a replica to have it: `never` loses nothing, any number may",
    ),
  binlogDays: z
    .int()
    .min(1)
    .max(99)
    .default(7)
    .describe("Days that binary logs are kept: how long a replica may be away"),
  lag: z
    .strictObject({
      warning: z.int().min(1).default(10).describe("Seconds behind the primary that warn"),
      critical: z.int().min(2).default(60).describe("Seconds behind the primary that alarm"),
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
    .describe("Settings of your own for the daemon, as `innodb_buffer_pool_size: 4G`"),
});

/** The variables of the role mysql. */
export const vars = plain.superRefine((all, found) => {
  for (const { path, message } of contradictions(all, all.flavour))
    found.addIssue({ code: "custom", path, message });
});

/** What `vars` lets through. */
export type Vars = z.infer<typeof vars>;

/** What a daemon of this flavour would refuse, where each value for itself is one. */
export function contradictions(
  { port, statePort, clonePort, databases, users, settings }: z.infer<typeof plain>,
  flavour: FlavourName,
): readonly { readonly path: (string | number)[]; readonly message: string }[] {
  return [
    ...(new Set([port, statePort, clonePort]).size < 3
      ? [{ path: [], message: "`port`, `statePort` and `clonePort` must differ" }]
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
      .filter(isOurs)
      .map((name) => ({
        path: ["settings", name],
        message:
          "this role sets it itself, and needs it as it is: use the role's own variable, if there is one",
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
        characterSet === "utf8" ? "write utf8mb4 or utf8mb3" : "no character set that the daemons have",
      ],
    ];
  if (collation === undefined || isCollation(collation, characterSet, flavour)) return [];
  return [["collation", `no collation of the character set ${characterSet}`]];
}

function inUser(
  { privileges, database }: z.infer<typeof user>,
  flavour: FlavourName,
): readonly (readonly [number, string])[] {
  const whole = privileges.findIndex((one) => one === "ALL" || one === "ALL PRIVILEGES");
  if (whole >= 0 && privileges.some((one) => !["ALL", "ALL PRIVILEGES", "GRANT OPTION"].includes(one)))
    return [[whole, "it is everything, and stands beside no other privilege"]];
  return privileges.flatMap((one, index) => {
    const message = notGranted(one, database, flavour);
    return message === undefined ? [] : [[index, message] as const];
  });
}

/** Settings by which members find each other, keep what they acknowledged, and are reached. */
const ours: ReadonlySet<string> = new Set(
  [
    "server_id bind_address port report_host report_port pid_file socket datadir log_bin log_bin_index relay_log relay_log_index",
    "read_only super_read_only gtid_mode gtid_domain_id gtid_strict_mode enforce_gtid_consistency log_slave_updates",
    "log_replica_updates skip_name_resolve require_secure_transport ssl_ca ssl_cert ssl_key ssl skip_ssl user skip_networking",
    "skip_grant_tables skip_log_bin skip_slave_start skip_replica_start basedir mysqlx mysqlx_port",
  ].flatMap((line) => line.split(" ")),
);

const isOurs = (name: string): boolean => ours.has(name.replace(/^loose_/, ""));
