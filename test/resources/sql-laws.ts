import { account } from "../../src/resources/sql/account.ts";
import { database } from "../../src/resources/sql/database.ts";
import type { Law } from "./laws.ts";

const sql = (statements: string): string => `mariadb <<'SQL'\n${statements}\nSQL`;

/** The laws of the kinds that speak to MariaDB. The first installs it where it is not. */
export const sqlLaws: readonly Law[] = [
  {
    name: "database: its character set",
    before: `command -v mariadbd >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends mariadb-server
until mariadb-admin ping >/dev/null; do sleep 0.2; done`,
    resources: [database("law_notes"), database("law_bin", { collation: "utf8mb4_bin" })],
    changes: ["database:law_notes[+]", "database:law_bin[+]"],
    proof: `[ -d /var/lib/mysql/law_notes ]; mariadb -e 'SHOW CREATE DATABASE law_bin' | grep -q 'utf8mb4 COLLATE utf8mb4_bin'`,
    upsets: [
      {
        shell: sql("ALTER DATABASE law_notes CHARACTER SET latin1; DROP DATABASE law_bin;"),
        changes: ["database:law_notes[characterSet]", "database:law_bin[+]"],
      },
    ],
  },
  {
    name: "account: password, encryption, grants",
    resources: [
      account("law-a@localhost", {
        plugin: "mysql_native_password",
        password: "law-password",
        tls: "ANY",
        grants: { "law_notes.*": ["SELECT", "INSERT"] },
      }),
      account("law-s@localhost", { plugin: "unix_socket", grants: { "*.*": ["BINLOG MONITOR"] } }),
    ],
    changes: ["account:law-a@localhost[+]", "account:law-s@localhost[+]"],
    proof: `[ "$(mariadb -NBe "SELECT Password = PASSWORD('law-password'), ssl_type FROM mysql.user WHERE User = 'law-a'" | tr '\\t' ' ')" = '1 ANY' ]
mariadb -NBe "SHOW GRANTS FOR 'law-a'@'localhost'" | grep -q '^GRANT SELECT, INSERT ON .law.*notes.* TO'
mariadb -NBe "SHOW GRANTS FOR 'law-s'@'localhost'" | grep -q '^GRANT BINLOG MONITOR ON \\*.\\* TO'`,
    upsets: [
      {
        shell: sql("SET PASSWORD FOR 'law-a'@'localhost' = PASSWORD('another');"),
        changes: ["account:law-a@localhost[password]"],
      },
      {
        shell: sql(
          "ALTER USER 'law-a'@'localhost' REQUIRE NONE; GRANT DROP ON law_notes.* TO 'law-a'@'localhost';",
        ),
        changes: ["account:law-a@localhost[tls,grants]"],
      },
      {
        shell: sql(
          "GRANT ALL ON *.* TO 'law-s'@'localhost' WITH GRANT OPTION; DROP USER 'law-a'@'localhost';",
        ),
        changes: ["account:law-a@localhost[+]", "account:law-s@localhost[grants]"],
      },
    ],
  },
  {
    name: "account and database: absent",
    resources: [
      account("law-a@localhost", { absent: true }),
      account("law-s@localhost", { absent: true }),
      account("law-never@localhost", { absent: true }),
      database("law_notes", { absent: true }),
      database("law_bin", { absent: true }),
      database("law_never", { absent: true }),
    ],
    changes: [
      "-account:law-a@localhost",
      "-account:law-s@localhost",
      "-database:law_notes",
      "-database:law_bin",
    ],
    proof: `[ "$(mariadb -NBe "SELECT COUNT(*) FROM mysql.user WHERE User LIKE 'law-%'")" = 0 ]; [ ! -e /var/lib/mysql/law_notes ]`,
  },
];
