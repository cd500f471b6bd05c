import type { Script } from "../../model/script.ts";
import { bytes, raw, sh } from "../../script/script.ts";

/** The socket of Debian's MariaDB or MySQL, where root logs in without a password. */
const socket = "/run/mysqld/mysqld.sock";

/**
 * Defines `sql_client SECONDS [OPTION…]`: the client of the installed flavour, as root, with one line for each row. By default
 * MariaDB's client uses TLS also on the socket, which takes 31 ms instead of 8.
 */
export const sqlClient = `sql_client() {
  seconds=$1
  shift
  if command -v mariadb >/dev/null; then set -- mariadb --no-defaults --skip-ssl "$@"; else set -- mysql --no-defaults "$@"; fi
  timeout -k 1 "$seconds" "$@" --protocol=socket --socket=${socket} --user=root --batch
}`;

/** Time limits in seconds for a query and for a change. */
const [lookSeconds, changeSeconds] = [10, 60];

/**
 * Queries the daemon with one client: one line for each row, tabs between fields. It continues after an error: a failed query
 * has no rows. The statements are in the script, so they must not contain secrets.
 */
export function query(statements: readonly string[]): Script {
  const text = statements.map((one) => `${one};`).join("\n");
  return raw(
    `${sqlClient}\nsql_client ${lookSeconds} --skip-column-names --force 2>/dev/null <<'SQL'\n${text}\nSQL`,
  );
}

const textOf = (statements: readonly string[]): Uint8Array =>
  new TextEncoder().encode(statements.map((one) => `${one};\n`).join(""));

/**
 * Root may write also where programs may not. On a replica that would be a change that its leader does not have: the replica
 * could not follow any more.
 */
const writable = `[ "$(sql_client ${lookSeconds} --skip-column-names --execute 'SELECT @@GLOBAL.read_only')" = 0 ] || {
  echo 'this database takes no writes now: another member leads' >&2
  exit 1
}`;

/** Executes statements, and stops at the first failure. They come through the request, not in argv. */
export function statementsScript(statements: readonly string[]): Script {
  return sh`${raw(sqlClient)}\n${raw(writable)}\n${bytes(textOf(statements))} | sql_client ${changeSeconds}`;
}

/** The same for statements that may be done already, which is an error of the daemon; the next observation finds what is left. */
export function takingScript(statements: readonly string[]): Script {
  if (statements.length === 0) return raw(":");
  return sh`${raw(sqlClient)}\n${raw(writable)}\n${bytes(textOf(statements))} | sql_client ${changeSeconds} --force || :`;
}

/** A text in SQL. Only for texts that need no escapes in any mode. */
export function literal(text: string): string {
  if (!/^[^'"\\\p{Cc}]*$/u.test(text))
    throw new Error(`${JSON.stringify(text)} needs escapes, so a statement cannot contain it`);
  return `'${text}'`;
}
