import { z } from "zod";

const port = z.int().min(1).max(65535);
/** As both daemons take it unquoted, and no more than the 32 bytes a MariaDB role or MySQL user may have. */
const accountName = z
  .string()
  .regex(/^[a-z_][a-z0-9_-]{0,31}$/, "small letters, digits, _ and -, 32 at most");
const databaseName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, "letters, digits and _, 64 at most");
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
    .array(z.string().regex(/^[0-9a-fA-F.:%/_]+$|^localhost$/, "an address, with % for any part of it"))
    .min(1)
    .default(["%"])
    .describe("Where it may come from; names are not looked up"),
  password: z
    .string()
    .min(8)
    .optional()
    .describe("Default: one is made and kept, as the secret `sql/user/NAME`"),
});

/** The variables of the role mysql. */
export const vars = z.strictObject({
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
export type Vars = z.infer<typeof vars>;
